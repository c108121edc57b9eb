mod cli;
mod errors;
mod fixtures;
mod properties;
mod reference;
mod rules;
mod tidy;
