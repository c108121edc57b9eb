//! Words that only guess categories, and sentences that no rule should take.

use crate::schema::Category;

/// Parts of lines in small letters, by what they are likely to be; the first that occurs decides.
const GUESSES: &[(Category, &[&str])] = &[
    (
        Category::Legal,
        &[
            "©",
            "copyright",
            "all rights reserved",
            "privacy",
            "terms of",
            "cookie",
            "datenschutz",
            "impressum",
            "mentions légales",
            "derechos reservados",
            "все права",
            "licens",
            "republish",
        ],
    ),
    (
        Category::Account,
        &[
            "log in",
            "login",
            "sign in",
            "register",
            "password",
            "sign up",
            "anmelden",
            "einloggen",
            "se connecter",
            "iniciar sesión",
            "войти",
            "пароль",
            "account",
        ],
    ),
    (
        Category::Share,
        &[
            "share",
            "comment",
            "facebook",
            "twitter",
            "whatsapp",
            "follow us",
            "teilen",
            "kommentar",
            "partager",
            "compartir",
            "поделиться",
            "коммент",
            "telegram",
            "instagram",
            "print",
            "email",
        ],
    ),
    (
        Category::Player,
        &[
            "please wait",
            "0:00",
            "video",
            "watch",
            "listen",
            "audio",
            "player",
            "смотреть",
            "слушать",
        ],
    ),
    (
        Category::Promo,
        &[
            "newsletter",
            "subscri",
            "advert",
            "support us",
            "donate",
            "sponsor",
            "app",
            "abonn",
            "suscri",
            "anzeige",
            "werbung",
            "publicité",
            "реклама",
            "подпис",
            "most read",
            "related",
            "read more",
            "read next",
            "more from",
            "most viewed",
            "latest",
        ],
    ),
    (
        Category::Bio,
        &[
            "about the author",
            "is a reporter",
            "is a journalist",
            "correspondent",
            "über den autor",
        ],
    ),
];

/// The category that the texts' words tell.
pub(super) fn guess(texts: &[&str]) -> Option<Category> {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let counted = GUESSES
        .iter()
        .enumerate()
        .map(|(place, (category, words))| {
            let hits = texts
                .iter()
                .filter(|text| words.iter().any(|word| text.contains(word)));
            (hits.count(), std::cmp::Reverse(place), *category)
        });
    let (hits, _, category) = counted.max()?;
    (hits > 0).then_some(category)
}

/// Ordinary lines of news in several languages: sentences, quotations, subheads, lists.
pub(super) const PROBE: &[&str] = &[
    "The council met on Tuesday and put the decision off until spring.",
    "\"We had no idea,\" she said, \"that the bridge would be closed for so long.\"",
    "Police said on Friday that three people had been taken to hospital.",
    "In 1998 the town had 12,400 people; today it has fewer than half of that.",
    "Read more carefully, the report says the opposite.",
    "Related families were housed in the school until the water went down.",
    "Share prices fell by 4.2 percent on Monday, the sharpest drop since March.",
    "Follow the river north and you come to the old mill.",
    "Sign language interpreters stood beside the stage.",
    "What we know so far",
    "Background",
    "A question of money",
    "What happens next",
    "Three days in the hills",
    "Old rivals meet again",
    "The vote was 51 to 49, with two members absent.",
    "He was born in 1961 in a village near the border and studied law.",
    "Advertisement of the post had been delayed for months, the mayor admitted.",
    "The minister, who took office on 4 May 2019, declined to comment.",
    "By Monday it was gone.",
    "More from the same witness was heard in the afternoon.",
    "Comments by the president were met with silence.",
    "It rained.",
    "No one was hurt, a spokesman said.",
    "Photographs taken from the air show the damage to the harbour.",
    "Der Gemeinderat vertagte die Entscheidung am Dienstag auf das Frühjahr.",
    "„Davon haben wir nichts gewusst“, sagte sie der Zeitung.",
    "Die Brücke wird seit zwei Jahren gebaut und kostet 14 Millionen Euro.",
    "Was bisher bekannt ist",
    "Le conseil municipal a reporté sa décision au printemps.",
    "« Nous ne savions rien », a-t-elle déclaré vendredi soir.",
    "Ce que l'on sait",
    "El ayuntamiento aplazó el martes la decisión hasta la primavera.",
    "«No sabíamos nada», dijo la alcaldesa a los vecinos.",
    "Lo que se sabe",
    "Il consiglio comunale ha rinviato la decisione a primavera.",
    "A câmara adiou a decisão para a primavera.",
    "Совет во вторник отложил решение до весны.",
    "«Мы ничего не знали», — сказала она журналистам в пятницу.",
    "Что известно",
    "Міська рада відклала рішення до весни.",
    "Rada miasta odłożyła decyzję do wiosny.",
    "Belediye meclisi kararı ilkbahara erteledi.",
    "أجّل المجلس قراره إلى الربيع.",
    "市议会星期二决定把表决推迟到春天。",
    "市議会は火曜日、決定を春まで延期した。",
    "परिषद ने मंगलवार को फैसला वसंत तक टाल दिया।",
    "1",
    "* * *",
    "Q: When did you first hear of the dam?",
    "A: In the spring, like everyone else in the valley.",
    "June 5, 2006, Volume 6, Number 17",
];
