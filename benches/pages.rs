//! Generated pages of ordinary size, the same in every run: outlets' boilerplate around invented
//! paragraphs.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::io::Write;

use serde_json::json;

const LATIN: &str = "the village school’s bridge council met early again without light river every winter old road – stone roof \
    horse market letter, clerk morning snow “valley” teacher carried first window small behind painted water slowly \
    and of in to a was that for on with from his her but not they were when Almaty Monday 2019 12 percent Reuters \
    government's said \"nobody\" told us — it has been said who which after about into over than more its had";
const CYRILLIC: &str = "посёлок школа мост совет собрался рано снова зимой старый дорога – камень крыша лошадь рынок письмо утро, \
    снег долина учитель окно малый «вода» медленно вечером сосед колодец печь и в на не что с по это как из у за от Бишкек";

/// What the pages of an outlet have besides their paragraphs: `¶` stands for a line end, `~` for
/// the headline.
pub struct Shell {
    pub outlet: &'static str,
    /// The outlet's host.
    pub host: &'static str,
    head: &'static [&'static str],
    between: &'static [&'static str],
    foot: &'static [&'static str],
}

/// The bundled outlets.
pub const SHELLS: &[Shell] = &[
    Shell {
        outlet: "rferl",
        host: "www.rferl.org",
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
        host: "www.vice.com",
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
        host: "akipress.com",
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
        host: "www.voanews.com",
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

/// What makes pages.
#[derive(Clone)]
pub struct Generator(u64);

impl Generator {
    pub fn new() -> Generator {
        Generator(0x2545_f491_4f6c_dd1d)
    }

    /// A number below another one.
    pub fn random(&mut self, below: usize) -> usize {
        let Generator(state) = self;
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 11) as usize % below
    }

    /// A page of 2 to 12 kB in an outlet's shell, and its language: one in ten is Cyrillic.
    pub fn page(&mut self, shell: &Shell) -> (String, &'static str) {
        let (words, language) = match self.random(10) {
            0 => (CYRILLIC, "ru"),
            _ => (LATIN, "en"),
        };
        let words: Vec<&str> = words.split_whitespace().collect();
        let size = 2000 + self.random(10_000);
        let headline = self.sentence(&words, 4, 10);
        let foot = self.pick(shell.foot, &headline);
        let mut page = self.pick(shell.head, &headline);
        let mut paragraphs = 0;
        while page.len() + foot.len() < size {
            if paragraphs == 4 {
                page += &self.pick(shell.between, &headline);
            }
            page += &self.sentence(&words, 8, 48);
            page += ".\n\n";
            paragraphs += 1;
        }
        (page + &foot, language)
    }

    /// A page like any other of the shell, in which every fourth paragraph is one of the lines: half
    /// of its lines that are not blank are boilerplate, which is more than real pages have.
    pub fn dense_page(&mut self, shell: &Shell, lines: &[String]) -> String {
        let (page, _) = self.page(shell);
        let mut dense = String::with_capacity(page.len() * 5 / 4);
        for paragraph in page.split_inclusive("\n\n") {
            if self.random(4) == 0 {
                dense += &lines[self.random(lines.len())];
                dense += "\n\n";
            }
            dense += paragraph;
        }
        dense
    }

    /// Paragraphs alone, until they are so many bytes: of Latin letters, and every tenth of Cyrillic
    /// ones, each with a line end.
    pub fn prose(&mut self, size: usize, mut each: impl FnMut(&mut Generator, String)) {
        let [latin, cyrillic]: [Vec<&str>; 2] =
            [LATIN, CYRILLIC].map(|words| words.split_whitespace().collect());
        let mut written = 0;
        while written < size {
            let words = match self.random(10) {
                0 => &cyrillic,
                _ => &latin,
            };
            let paragraph = self.sentence(words, 8, 48) + ".";
            written += paragraph.len();
            each(self, paragraph);
        }
    }

    /// So many words.
    fn sentence(&mut self, words: &[&str], least: usize, most: usize) -> String {
        let count = least + self.random(most - least);
        let text: Vec<&str> = (0..count)
            .map(|_| words[self.random(words.len())])
            .collect();
        let text = text.join(" ");
        let mut rest = text.chars();
        let first = rest.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + rest.as_str()
    }

    fn pick(&mut self, of: &[&str], headline: &str) -> String {
        let part = of[self.random(of.len())];
        part.replace('¶', "\n").replace('~', headline)
    }
}

/// A page, and what a corpus knows of it.
pub struct Page {
    pub id: String,
    pub url: String,
    pub date: String,
    pub text: String,
    pub language: &'static str,
    pub outlet: &'static str,
}

/// Pages of all outlets in turn, until their texts are so many bytes.
pub fn pages(size: usize) -> impl Iterator<Item = Page> {
    let mut generator = Generator::new();
    let mut written = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        if written >= size {
            return None;
        }
        let shell = &SHELLS[number % SHELLS.len()];
        let (text, language) = generator.page(shell);
        number += 1;
        written += text.len();
        Some(Page {
            id: format!("page-{number:08}"),
            url: format!("https://{}/a/{number}.html", shell.host),
            date: format!(
                "20{:02}-{:02}-{:02}T06:30:00Z",
                generator.random(25),
                1 + generator.random(12),
                1 + generator.random(28)
            ),
            text,
            language,
            outlet: shell.outlet,
        })
    })
}

/// A line of JSON for each page; tells their size.
pub fn lines<W: Write>(pages: &mut dyn Iterator<Item = Page>, mut out: W) -> (usize, W) {
    let mut size = 0;
    for page in pages {
        let record = json!({
            "id": page.id,
            "text": page.text,
            "url": page.url,
            "date": page.date,
            "metadata": {"language": page.language, "source": page.outlet, "length": page.text.len()},
        });
        let line = record.to_string() + "\n";
        size += line.len();
        out.write_all(line.as_bytes())
            .expect("room for the records");
    }
    out.flush().expect("room for the records");
    (size, out)
}
