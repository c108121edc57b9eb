//! The library on pages of ordinary size, on one core: how fast each outlet's pages are cleaned.
//!
//! `cargo bench --bench engine` prints the best of several rounds over generated pages, with the
//! outlet known and told by the pages' signs. With names of outlets behind `--` only theirs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cleaner::{Categories, Outlets};

const PAGES: usize = 800;
const ROUNDS: usize = 9;
const LATIN: &str = "the village school’s bridge council met early again without light river every winter old road – stone roof \
    horse market letter, clerk morning snow “valley” teacher carried first window small behind painted water slowly \
    and of in to a was that for on with from his her but not they were when Almaty Monday 2019 12 percent Reuters \
    government's said \"nobody\" told us — it has been said who which after about into over than more its had";
const CYRILLIC: &str = "посёлок школа мост совет собрался рано снова зимой старый дорога – камень крыша лошадь рынок письмо утро, \
    снег долина учитель окно малый «вода» медленно вечером сосед колодец печь и в на не что с по это как из у за от Бишкек";

/// What the pages of an outlet have besides their paragraphs: `¶` stands for a line end, `~` for
/// the headline.
struct Shell {
    outlet: &'static str,
    head: &'static [&'static str],
    between: &'static [&'static str],
    foot: &'static [&'static str],
}

const SHELLS: &[Shell] = &[
    Shell {
        outlet: "rferl",
        head: &[
            "Accessibility links¶¶Breaking News¶¶~¶¶~¶please wait¶¶No media source currently available¶¶0:00 0:00:52 0:00¶¶",
            "Accessibility links¶¶Breaking News¶¶~¶¶Updated¶¶The bridge of the valley, in the snow of the first winter.¶The bridge of the valley, in the snow of the first winter.¶",
            "Accessibility links¶¶Breaking News¶¶~¶¶",
        ],
        between: &[
            "The Bridge In Winter¶please wait¶¶No media source currently available¶¶0:00 0:02:14 0:00¶¶",
            "Embed¶share¶The code has been copied to your clipboard.¶",
            "",
        ],
        foot: &[
            "With reporting by AP and dpa¶  • 16x9 Image¶¶¶    RFE/RL journalists report the news in 27 languages in 23 countries where a free press is banned by the government or not fully established. We provide what many people cannot get locally: uncensored news, responsible discussion, and open debate.¶¶\
             RFE/RL has been declared an \"undesirable organization\" by the Russian government.¶¶If you are in Russia or the Russia-controlled parts of Ukraine and hold a Russian passport or are a stateless person residing permanently in Russia or the Russia-controlled parts of Ukraine, please note that you could face fines or imprisonment for sharing, liking, commenting on, or saving our content, or for contacting us.¶¶To find out more, click here.¶¶\
             Back to top¶¶All RFE/RL sites¶¶site logo site logo¶¶XS¶SM¶MD¶LG¶",
            "With reporting by Reuters¶  • 16x9 Image¶¶    RFE/RL¶¶XS¶SM¶MD¶LG¶",
        ],
    },
    Shell {
        outlet: "vice",
        head: &[
            "Vice Blog¶~¶¶FYI.¶¶This story is over 5 years old.¶¶~¶¶",
            "~¶¶FYI.¶¶This story is over 5 years old.¶¶News¶¶~¶¶",
        ],
        between: &["¶Advertisement¶¶", "Advertisement¶", ""],
        foot: &[
            "Follow VICE News on Twitter¶¶Like VICE News on Facebook¶¶Subscribe to VICE News on YouTube¶¶Follow @ulla_prints on Twitter¶¶Sign up for our newsletter to get the best of VICE delivered to your inbox daily.¶¶comments powered by Disqus¶¶\
             Thank for your puchase!¶¶You have successfully purchased.¶¶More¶From VICE¶¶-¶¶Rain on the square in Marsten -¶¶Photo by Ulla Brandt -¶¶",
            "Sign up for our newsletter to get the best of VICE delivered to your inbox daily.¶¶Follow Ulla Brandt on Twitter.¶¶",
        ],
    },
    Shell {
        outlet: "akipress",
        head: &[
            "COVID-19 Latest¶Kyrgyzstan|society|March 9, 2021 / 11:47 AM¶~¶¶AKIPRESS.COM - ",
            "~¶¶AKIPRESS.COM - ",
        ],
        between: &["The stove of the school in Naryn¶¶", ""],
        foot: &[
            "All rights reserved¶¶© AKIpress News Agency - 2001-2021.¶¶Republication of any material is prohibited without a written agreement with AKIpress News Agency.¶¶Any citation must be accompanied by a hyperlink to akipress.com.¶¶Our address:¶¶299/5 Chingiz Aitmatov Prosp., Bishkek, the Kyrgyz Republic¶¶e-mail: english@akipress.org, akipressenglish@gmail.com;¶¶\
             Follow us:¶¶Log in¶¶¶Forgot your password? - recover¶¶Not registered yet? - sign-up¶¶Sign-up¶¶I have an account - log in¶¶Password recovery¶¶I have an account - log in¶¶",
        ],
    },
    Shell {
        outlet: "voa",
        head: &[
            "Accessibility links¶¶Breaking News¶¶Africa¶¶~¶¶Updated¶¶Drivers of the Number 46 line rehearse behind their depot in Nairobi.¶Drivers of the Number 46 line rehearse behind their depot in Nairobi.¶",
            "Accessibility links¶¶Breaking News¶¶~¶¶",
        ],
        between: &[
            "Singing Conductors On The Number 46¶please wait¶¶No media source currently available¶¶0:00 0:02:14 0:00¶¶",
            "Horns¶¶",
            "",
        ],
        foot: &[
            "¶  • 16x9 Image¶¶    VOA News¶¶    The Voice of America provides news and information in more than 40 languages to an estimated weekly audience of over 326 million people. Stories with the VOA News byline are the work of multiple VOA journalists and may contain information from wire service reports.¶¶XS¶SM¶MD¶LG¶",
        ],
    },
];

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!(
        "| outlet | pages | kB a page | lines blank | bytes that go | MB/s | MB/s by signs | signs / cleaning |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut all = [Duration::ZERO; 2];
    let mut bytes = 0;
    for shell in SHELLS
        .iter()
        .filter(|shell| only.is_empty() || only.iter().any(|only| only == shell.outlet))
    {
        let pages = generate(shell);
        let size: usize = pages.iter().map(String::len).sum();
        let known = |_: &str| shell.outlet.to_owned();
        let by_signs = |page: &str| {
            let outlet = Outlets::bundled().by_signs(page);
            outlet.map_or_else(String::new, |outlet| outlet.id.clone())
        };
        let clean_known = || clean(&pages, known);
        let clean_by_signs = || clean(&pages, by_signs);
        let times = race([&clean_known, &clean_by_signs]);
        let left: usize = clean_known();
        let lines = pages.iter().flat_map(|page| page.lines());
        let blank = lines.clone().filter(|line| line.trim().is_empty()).count();
        let rate = |time: Duration| size as f64 / 1e6 / time.as_secs_f64();
        println!(
            "| {} | {} | {:.1} | {:.0} % | {:.0} % | {:.0} | {:.0} | {:.2} |",
            shell.outlet,
            pages.len(),
            size as f64 / 1e3 / pages.len() as f64,
            100.0 * blank as f64 / lines.count() as f64,
            100.0 * (size - left) as f64 / size as f64,
            rate(times[0]),
            rate(times[1]),
            times[1].as_secs_f64() / times[0].as_secs_f64() - 1.0,
        );
        bytes += size;
        all.iter_mut()
            .zip(times)
            .for_each(|(all, time)| *all += time);
    }
    let [known, by_signs] = all.map(|time| bytes as f64 / 1e6 / time.as_secs_f64());
    println!(
        "| all | | | | | {known:.0} | {by_signs:.0} | {:.2} |",
        known / by_signs - 1.0
    );
}

/// Cleans pages as a pipeline does, each alone; returns the bytes that are left.
fn clean(pages: &[String], outlet: impl Fn(&str) -> String) -> usize {
    let outlets = Outlets::bundled();
    let mut left = 0;
    for page in pages {
        let cleaner = outlets.cleaner(&outlet(page));
        let cleaned = cleaner.map(|cleaner| cleaner.clean_of(page, Categories::default()));
        left += black_box(cleaned).map_or(page.len(), |cleaned| cleaned.text.len());
    }
    left
}

/// The shortest time of each, run in turn.
fn race<const N: usize>(runs: [&dyn Fn() -> usize; N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for round in 0..=ROUNDS {
        for (run, best) in runs.iter().zip(&mut best) {
            let start = Instant::now();
            black_box(run());
            // The first round compiles the rules.
            if round > 0 {
                *best = (*best).min(start.elapsed());
            }
        }
    }
    best
}

/// Pages of 2 to 12 kB, one in ten Cyrillic: an outlet's shell around paragraphs.
fn generate(shell: &Shell) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        let words = if random(10) == 0 { CYRILLIC } else { LATIN };
        let words: Vec<&str> = words.split_whitespace().collect();
        let size = 2000 + random(10_000);
        let mut sentence = |least: usize, most: usize| {
            let mut text = String::new();
            for at in 0..least + random(most - least) {
                let word = words[random(words.len())];
                let mut rest = word.chars();
                match rest.next() {
                    Some(first) if at == 0 => {
                        text.extend(first.to_uppercase());
                        text += rest.as_str();
                    }
                    _ => {
                        text.push(' ');
                        text += word;
                    }
                }
            }
            text
        };
        let headline = sentence(4, 10);
        let paragraphs: Vec<String> = (0..size / 100).map(|_| sentence(8, 48) + ".").collect();
        let mut pick = |of: &[&str]| {
            of[random(of.len())]
                .replace('¶', "\n")
                .replace('~', &headline)
        };
        let foot = pick(shell.foot);
        let mut page = pick(shell.head);
        for (at, paragraph) in paragraphs.iter().enumerate() {
            if page.len() + foot.len() > size {
                break;
            }
            if at == 4 {
                page += &pick(shell.between);
            }
            page += paragraph;
            page += "\n\n";
        }
        page += &foot;
        pages.push(page);
    }
    pages
}
