mod cli;
mod errors;
mod fixtures;
mod place;
mod properties;
mod reference;
mod rules;
mod tidy;
