//! What may be wrong with a rule file that is read all the same.
//!
//! A lint has a name, a place and a reason, and can be allowed where it stands with `allow`. It
//! refuses nothing: whatever is surely wrong is an error.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::cleaner::Cleaner;
use crate::error::{Problem, SourceFile};
use crate::matcher::shape::Shape;
use crate::matcher::sign::Signs;
use crate::schema::{Allow, AnyRule, Category, Lint, List, Placed, RuleFile, Step, Text, Texts};
use crate::text::{fold, subtract, union};

/// The letters of a note that may say something.
const NOTE: usize = 12;
/// The characters, white space aside, without which a part of a line stands in anything.
const PART: usize = 5;
/// The same of a whole line that may stand anywhere.
const LINE: usize = 3;
/// The same of a line that alone says that the rest of a page goes, or that any text goes beside it.
const PROOF: usize = 12;

/// Ordinary sentences and subheads, no boilerplate: one text for each language, its lines between
/// line ends. What takes any of it takes articles.
const PROSE: &[&str] = &[
    "The ferry to the island was cancelled on Sunday because of the fog.
What happens next?
“Nobody asked us,” the miller said. “They just closed the road.”
Background
More than 1,200 people signed the letter, which was handed to the mayor at noon.
A long winter
Read the letter again, she told them, and then decide.
Last year the town spent 3.4 million on the bridge; this year it will spend nothing.
Three questions about the dam
He was born in 1962 and went to school in the next village.
The story of the clock, told by its keeper, begins with a theft.
Follow the river for two miles and you will see the old mill.
Share prices fell by 2 percent on Tuesday.
A new beginning
See also the case of the two brothers, the judge wrote.
The minister, who has been in office since March, did not answer.
Why now?
By the time the photographer arrived, the tree was gone.
Sign here, the clerk said, and again on page 4.
1. The first mistake
2019
12 families moved to the valley that year.
By noon the square was full.
The Road Back
New Mayor, Old Problems
Vera Holm
With the mayor away, nobody opened the letter.
Video of the fire was shown in court.
Photo albums were found in the attic.
- Bring warm clothes
Q: Were you afraid?
A: Not for a minute.
May 3
Part Two
“Who did this?”
More light, fewer steps
On Friday: a storm, a birth and a theft
Watch the water, he says, not the boats.
Subscribe to nothing, his father used to say.
To be continued
“It was not our fault,” the mayor said.
The road stays closed until May, the mayor told reporters.
“We will wait,” she says.
14 years ago
The flood of 1962
Holm, Vera
“Where is the letter?” he asked.",
    "Жители села собрались у школы и ждали автобуса до вечера.
Что дальше?
«Нас никто не спросил», — сказал мельник.
Предыстория
Письмо подписали более 1200 человек.
Читайте письмо ещё раз, сказала она, и решайте.
Новый мост построят к осени 2025 года.
12 семей переехали в долину.
Вера Хольм
Смотрите на воду, говорит он, а не на лодки.
Долгая зима",
    "Мешканці села зібралися біля школи й чекали на автобус.
Що далі?
«Нас ніхто не питав», — каже мельник.
Передісторія
Лист підписали понад 1200 людей.
12 родин переїхали в долину.
Дорога назад",
    "Die Fähre zur Insel fiel am Sonntag wegen Nebels aus.
Wie geht es weiter?
„Uns hat keiner gefragt“, sagte der Müller.
Hintergrund
Mehr als 1.200 Menschen haben den Brief unterschrieben.
Ein langer Winter
Lesen Sie den Brief noch einmal, sagte sie.
12 Familien zogen in das Tal.
Der Weg zurück
Vera Holm",
    "Le bac pour l'île a été annulé dimanche à cause du brouillard.
Et maintenant ?
« Personne ne nous a rien demandé », dit le meunier.
Le contexte
Plus de 1 200 personnes ont signé la lettre.
Un long hiver
12 familles se sont installées dans la vallée.
Le chemin du retour",
    "El transbordador a la isla se canceló el domingo por la niebla.
¿Y ahora qué?
«Nadie nos preguntó», dijo el molinero.
Antecedentes
Más de 1.200 personas firmaron la carta.
Un largo invierno
12 familias se mudaron al valle.
El camino de vuelta",
    "A balsa para a ilha foi cancelada no domingo por causa do nevoeiro.
E agora?
“Ninguém nos perguntou”, disse o moleiro.
O contexto
Mais de 1.200 pessoas assinaram a carta.",
    "Il traghetto per l'isola è stato annullato domenica per la nebbia.
E adesso?
«Nessuno ce l'ha chiesto», ha detto il mugnaio.
I fatti
Più di 1.200 persone hanno firmato la lettera.",
    "Prom na wyspę odwołano w niedzielę z powodu mgły.
Co dalej?
– Nikt nas nie pytał – mówi młynarz.
Tło sprawy
List podpisało ponad 1200 osób.",
    "Trajekt za ostrvo otkazan je u nedjelju zbog magle.
Šta dalje?
„Niko nas nije pitao“, rekao je mlinar.
Pozadina
Pismo je potpisalo više od 1.200 ljudi.",
    "Adaya giden feribot pazar günü sis yüzünden iptal edildi.
Şimdi ne olacak?
“Bize kimse sormadı” dedi değirmenci.
Arka plan
Mektubu 1.200'den fazla kişi imzaladı.",
    "Айыл тургундары мектептин жанына чогулуп, автобус күтүштү.
Эми эмне болот?
Катка 1200дөн ашуун адам кол койду.",
    "მგზავრები სკოლასთან შეიკრიბნენ და ავტობუსს ელოდნენ.
რა იქნება შემდეგ?
წერილს 1200-ზე მეტმა ადამიანმა მოაწერა ხელი.",
    "Գյուղացիները հավաքվել էին դպրոցի մոտ և սպասում էին ավտոբուսին։
Ի՞նչ է լինելու հետո
Նամակը ստորագրել է ավելի քան 1200 մարդ։",
    "أُلغيت رحلة العبّارة إلى الجزيرة يوم الأحد بسبب الضباب.
ماذا بعد؟
وقّع على الرسالة أكثر من 1200 شخص.",
    "کشتی جزیره روز یکشنبه به‌دلیل مه لغو شد.
بعد چه می‌شود؟
بیش از ۱۲۰۰ نفر نامه را امضا کردند.",
    "渡轮周日因大雾停航。
接下来会怎样?
“没有人问过我们,”磨坊主说。
一千两百多人在信上签了名。",
    "কুয়াশার কারণে রোববার দ্বীপের ফেরি বাতিল করা হয়।
এরপর কী?
চিঠিতে ১২০০ জনের বেশি মানুষ সই করেছেন।",
    "Feri ke pulau itu dibatalkan pada hari Minggu karena kabut.
Apa selanjutnya?
“Tidak ada yang bertanya kepada kami,” kata tukang giling itu.
Lebih dari 1.200 orang menandatangani surat itu.",
];

/// What a lint found in a rule file.
#[derive(Clone)]
pub struct Finding {
    lint: Lint,
    problem: Problem,
}

impl Finding {
    pub(crate) fn new(lint: Lint, problem: Problem) -> Finding {
        Finding { lint, problem }
    }

    /// The lint.
    pub fn lint(&self) -> Lint {
        self.lint
    }

    /// What it found, and where.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The report with the source line, in colour (ANSI escape sequences) or without.
    pub fn render(&self, colour: bool) -> String {
        self.problem.render_warning(self.lint.name(), colour)
    }
}

/// In one line: `file:line:column: message [lint]`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.problem, self.lint)
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Lint {
    /// What it looks for, why that is bad, and what to do.
    pub fn explanation(self) -> &'static str {
        match self {
            Lint::NeverFires => {
                "\
A text or a pattern can match nothing: a pattern for whole lines needs what no folded line has
(curly quotes, long dashes, two spaces running); a text of an [[inline]] rule has a line end in
it; a text is the same as one before it once both are folded. What can match nothing hides that
its boilerplate stays. (A rule of which nothing can match, or never in its zone, is an error: its
examples fail.)

Write the pattern as folding leaves the line, or take the text out."
            }
            Lint::Shadowed => {
                "\
Other rules of the file, or of those that it extends, take all that this rule takes: its `removes`
examples and each of its literals lose the same without it. Another rule counts where its zone is
no smaller and where what it finds goes whenever this one's goes; a literal stands for a literal,
and a pattern for a pattern. Of two rules of one file that shadow each other the later one is
named. A rule that reads fields is never called shadowed, nor is one of which no example shows a
pattern.

Take it out; or, if it is for more than its examples show, add an example that the others leave."
            }
            Lint::TooShort => {
                "\
A text or pattern of an [[inline]] rule that may be shorter than 5 characters, white space aside,
or of a [[line]] rule that may be shorter than 3 and may stand anywhere. `AP` stands in `MAP`, and
a line `2` may be a list's. The same of a part that is a sign; and of a block without `zone.tail`
whose `rest` takes all that stands below a line that may be shorter than 12 characters, by that
line alone: `More` may be a subhead, and `.+:` is one.

Add what stands beside it, anchor the pattern with `^` or `$`, or give it a zone."
            }
            Lint::TooCommon => {
                "\
The rule, in any zone, takes a part of an ordinary sentence or subhead, or a sign is in one. It is
tried on a set of them that is built in: invented news prose in nineteen languages, without
boilerplate.

Name what only the boilerplate has: more of its words, a pattern with fewer wildcards, a block
that asks for the lines around it."
            }
            Lint::UnanchoredWildcard => {
                "\
A pattern of an [[inline]] rule begins or ends with `.*` or another repetition of any text, so
that it takes the line from its start or to its end without saying so; or a pattern for a whole
line begins and ends so (`.*x.*`), and takes every line in which `x` stands, a sentence too; or
it does so at one end, has no zone, and knows a word of fewer than 12 characters at the other
(`Police.+`).

Say which end is meant (`^.*x`, `x.*$`), bound it (`.{0,80}`), or put what goes into a group
`cut`. For whole lines spell out how the line begins or how it ends."
            }
            Lint::WeakGate => {
                "\
Most lines are put aside by the bytes that they begin and end with, or by a literal that a pattern
needs, before a pattern is run on them. This pattern could begin and end with nearly anything and
needs no literal, so it is run on every line of every page of the outlet. That is slow. A block of
which no step that must be there is told so is tried at every line, which is as slow.

Begin or end the pattern with what is known, or put a literal into it."
            }
            Lint::OverlappingDomain => {
                "\
The domain is a sub-domain of another outlet's, or is a built-in outlet's too. That works: the
longest domain decides, a file of a folder before a built-in one, and an outlet before a family.
But it is seldom meant, and pages go to another outlet than before. A domain that is a sub-domain
of one in the same list is of no use. Outlets and the families that they extend may share domains.

Take the domain out, or allow the lint with the reason."
            }
            Lint::OverlappingSign => {
                "\
Another outlet, which neither extends this one nor is extended by it, has the same sign. A page
with no other sign is undecided then, and stays as it is. Outlets and the families that they
extend may share signs, and so may outlets of one family that has the sign too.

Take a sign that only this outlet's pages have, or allow the lint with the reason."
            }
            Lint::PublicSuffix => {
                "\
Anybody may have a site under this domain (`co.uk`, `com.kg`, `blogspot.com`), so the rules would
run on pages of anybody. The list is that of publicsuffix.org.

Write the outlet's own domain."
            }
            Lint::NarrowDomain => {
                "\
Sub-domains of a domain belong to it, so pages of `amp.herald.example`, or of `herald.example`
itself, are not of the outlet if its domain is `www.herald.example`.

Write the domain without `www.`."
            }
            Lint::MissingNote => {
                "\
The note is what a reviewer reads, and what `--explain` shows: what the thing is, and why it is
safe to take out. Fewer than 12 letters, or nothing but the words of the id and the category, do
not say it.

Say where on the page it stands, and what tells it from an article's text."
            }
            Lint::DeadExtends => {
                "\
The file extends another one that brings nothing: none of its rules runs here, because there are
none or because all are disabled or switched off by `off`, and neither it nor what it extends has
signs or a ceiling. (A family that stands twice in the list is an error.)

Take it out of `extends`, and its rules out of `off`."
            }
            Lint::UnusedList => {
                "\
No rule of the file takes this [[list]] in, so that what it has does nothing.

Name it in a rule or a step (`list = \"its-id\"`), or take it out."
            }
            Lint::UnusedAllow => {
                "\
`allow` names a lint that finds nothing at this place any more, or never did.

Take it out: what it allows would go unseen when it comes again."
            }
        }
    }
}

/// A rule of an outlet, with the id of its file and the file.
pub(crate) type Owned<'r> = (&'r str, Arc<SourceFile>, AnyRule<'r>);

/// What is found in a rule by itself; it is in order.
pub(crate) fn rule((owner, source, rule): &Owned) -> Vec<Finding> {
    let head = rule.head();
    let mut found = Found {
        source,
        rule: format!("{owner}/{}", head.id.value),
        findings: Vec::new(),
    };
    note(*rule, &mut found);
    if head.disabled.is_none() {
        prose(owner, *rule, &mut found);
        texts(*rule, &mut found);
        patterns(*rule, &mut found);
        rest(*rule, &mut found);
        starts(*rule, &mut found);
    }
    found.findings
}

/// What is found, in one rule.
struct Found<'f> {
    source: &'f Arc<SourceFile>,
    rule: String,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, lint: Lint, place: &Range<usize>, key: &str, message: String, help: &str) {
        let problem = self.source.problem(place.clone(), message);
        let mut problem = problem.in_rule(self.rule.clone()).with_help(help);
        if !key.is_empty() {
            problem = problem.at_key(key);
        }
        self.findings.push(Finding::new(lint, problem));
    }
}

fn note(rule: AnyRule, found: &mut Found) {
    let head = rule.head();
    let names = format!("{} {} {}", head.id.value, head.category, rule.kind()).to_lowercase();
    let names: Vec<&str> = names.split(|c: char| !c.is_alphanumeric()).collect();
    let note = head.note.to_lowercase();
    let letters = note.chars().filter(|c| c.is_alphanumeric()).count();
    let mut words = note.split(|c: char| !c.is_alphanumeric());
    if letters < NOTE || words.all(|word| word.is_empty() || names.contains(&word)) {
        found.add(
            Lint::MissingNote,
            &head.id.place,
            "note",
            format!("the note «{}» does not say what this is", head.note.trim()),
            "say what the thing is, and why it is safe to take out",
        );
    }
}

/// The characters of a text, white space aside.
fn inked(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

fn texts(rule: AnyRule, found: &mut Found) {
    let is_inline = matches!(rule, AnyRule::Inline(_));
    let all: Vec<&Texts> = match rule {
        AnyRule::Line(rule) => vec![&rule.text],
        AnyRule::Inline(rule) => vec![&rule.text],
        AnyRule::Block(rule) => rule.lines.iter().map(|step| &step.text).collect(),
        AnyRule::Duplicate(_) => Vec::new(),
    };
    for texts in all {
        let mut known: HashMap<String, &str> = HashMap::new();
        for text in texts {
            if is_inline && text.contains('\n') {
                found.add(
                    Lint::NeverFires,
                    &text.place,
                    "text",
                    "this text has a line end in it, and no line has one".to_owned(),
                    "write a [[block]] for several lines",
                );
            }
            let folded = match is_inline {
                true => text.to_string(),
                false => fold(text).into_owned(),
            };
            match known.entry(folded) {
                Entry::Occupied(earlier) => found.add(
                    Lint::NeverFires,
                    &text.place,
                    "text",
                    format!(
                        "once it is folded this is the same as «{}» before it",
                        earlier.get()
                    ),
                    "take one of them out",
                ),
                Entry::Vacant(new) => {
                    new.insert(text);
                }
            }
            let is_short = match rule {
                AnyRule::Inline(_) => inked(text) < PART,
                AnyRule::Line(rule) => inked(text) < LINE && rule.head.zone.is_none(),
                _ => false,
            };
            if is_short {
                found.add(
                    Lint::TooShort,
                    &text.place,
                    "text",
                    format!("«{}» stands in many a text", text.value),
                    "add what stands beside it, or give it a zone",
                );
            }
        }
    }
}

/// The patterns of a rule that tell what goes.
fn all_patterns(rule: AnyRule<'_>) -> Vec<&Placed<Text>> {
    match rule {
        AnyRule::Line(rule) => rule.pattern.iter().collect(),
        AnyRule::Inline(rule) => rule.pattern.iter().collect(),
        AnyRule::Block(rule) => {
            let steps = rule.lines.iter().filter(|step| step.keep != Some(true));
            steps.flat_map(|step| &step.pattern).collect()
        }
        AnyRule::Duplicate(_) => Vec::new(),
    }
}

fn patterns(rule: AnyRule, found: &mut Found) {
    let is_inline = matches!(rule, AnyRule::Inline(_));
    // Of a rule that takes prose is told which.
    let mut known = found.findings.iter();
    let takes_prose = known.any(|finding| finding.lint == Lint::TooCommon);
    for written in all_patterns(rule) {
        let Some(shape) = Shape::of(written, found.source, !is_inline) else {
            continue;
        };
        let place = &written.place;
        if let Some(unfolded) = shape.unfolded {
            found.add(
                Lint::NeverFires,
                place,
                "pattern",
                format!("this pattern needs «{unfolded}», which no folded line has"),
                "patterns see single spaces, straight quotes (' and \") and `-` for every dash",
            );
        }
        let is_short = match rule {
            AnyRule::Inline(_) => shape.least < PART && !shape.is_anchored,
            AnyRule::Line(rule) => shape.least < LINE && rule.head.zone.is_none(),
            _ => false,
        };
        if is_short {
            found.add(
                Lint::TooShort,
                place,
                "pattern",
                format!("this pattern may find as few as {} characters", shape.least),
                "add what stands beside it, or anchor it, or give it a zone",
            );
        }
        let is_open = match rule {
            AnyRule::Inline(_) => true,
            AnyRule::Line(rule) => {
                // No sentence begins or ends with other signs than its own.
                let has_words = if shape.opens_wild {
                    shape.ends_as_words
                } else {
                    shape.begins_as_words
                };
                shape.least < PROOF && has_words && rule.head.zone.is_none() && !takes_prose
            }
            _ => false,
        };
        let ends = match (shape.opens_wild, shape.ends_wild) {
            (true, true) => Some("begins and ends"),
            (true, false) if is_open => Some("begins"),
            (false, true) if is_open => Some("ends"),
            _ => None,
        };
        if let Some(ends) = ends {
            let help = match is_inline {
                true => {
                    "say which end of the line is meant with `^` or `$`, bound it, or name a group `cut`"
                }
                false => "spell out how the line begins or how it ends",
            };
            found.add(
                Lint::UnanchoredWildcard,
                place,
                "pattern",
                format!("this pattern {ends} with any text"),
                help,
            );
        }
        // Of a block only the step by which it is found is run on every line: see `starts`.
        if shape.is_asked_always && !matches!(rule, AnyRule::Block(_)) {
            found.add(
                Lint::WeakGate,
                place,
                "pattern",
                "this pattern is run on nearly every line".to_owned(),
                "begin or end it with what is known, or put a literal into it",
            );
        }
    }
}

/// Whether a block takes the rest of a page behind one line that may be any, wherever that stands.
fn rest(rule: AnyRule, found: &mut Found) {
    let AnyRule::Block(block) = rule else { return };
    let takes_rest = block.lines.iter().any(|step| step.rest == Some(true));
    let is_at_end = block.head.zone.is_some_and(|zone| zone.tail.is_some());
    let proofs = || block.lines.iter().filter(|step| step.is_evidence());
    let needed = proofs().filter(|step| step.optional != Some(true)).count();
    if !takes_rest || is_at_end || needed.max(block.least.unwrap_or(1) as usize) > 1 {
        return;
    }
    let proofs = proofs().filter(|step| needed == 0 || step.optional != Some(true));
    for step in proofs {
        let shape = |written: &Placed<Text>| Shape::of(written, found.source, true);
        let is_vague =
            |written: &&Placed<Text>| shape(written).is_some_and(|shape| shape.least < PROOF);
        let pattern = step.pattern.iter().find(is_vague);
        if let Some(pattern) = pattern {
            found.add(
                Lint::TooShort,
                &pattern.place,
                "pattern",
                "the rest of a page goes behind any line that this finds, wherever it stands"
                    .to_owned(),
                "give the block a zone such as { tail = 12 }, or a second step that must be there",
            );
        }
        let short = step.text.iter().find(|text| inked(text) < PROOF);
        if let Some(text) = short {
            found.add(
                Lint::TooShort,
                &text.place,
                "text",
                format!(
                    "the rest of a page goes behind «{}», wherever it stands",
                    text.value
                ),
                "give the block a zone such as { tail = 12 }, or a second step that must be there",
            );
        }
    }
}

/// Whether a block may begin at nearly any line: no step that cannot be missing is told by how its line
/// begins or ends.
fn starts(rule: AnyRule, found: &mut Found) {
    let AnyRule::Block(block) = rule else { return };
    let is_told = |step: &&Step| {
        let shapes = step.pattern.iter();
        let mut shapes = shapes.filter_map(|written| Shape::of(written, found.source, true));
        !shapes.any(|shape| shape.is_asked_always)
    };
    let wanted = |step: &&Step| !step.text.is_empty() || !step.pattern.is_empty();
    let (optional, needed): (Vec<&Step>, Vec<&Step>) = block
        .lines
        .iter()
        .filter(wanted)
        .partition(|step| step.optional == Some(true));
    let has_start = match needed.is_empty() {
        true => !optional.is_empty() && optional.iter().all(is_told),
        false => needed.iter().any(is_told),
    };
    if !has_start {
        found.add(
            Lint::WeakGate,
            &block.head.id.place,
            "id",
            "this block is tried at nearly every line".to_owned(),
            "give it a step, not optional, with a text or a pattern that begins or ends with what is known",
        );
    }
}

/// Whether the rule takes prose.
fn prose(owner: &str, rule: AnyRule, found: &mut Found) {
    let rules = [(owner, found.source.clone(), rule)];
    let Ok(cleaner) = Cleaner::compile(owner, &rules, 1.0, &Arc::default()) else {
        return;
    };
    let lines = PROSE.iter().flat_map(|text| text.lines());
    let took = PROSE.iter().copied().chain(lines).find_map(|text| {
        let spans = cleaner.take(text, false);
        let span = spans.into_iter().next()?;
        Some(text[span].trim())
    });
    if let Some(took) = took {
        let took = took.lines().next().unwrap_or_default();
        found.add(
            Lint::TooCommon,
            &rule.head().id.place,
            "",
            format!("this rule takes «{took}», which is ordinary text"),
            "name what only this boilerplate has",
        );
    }
}

/// The rules of a file of which all that they take other rules take too. `rules`: all that apply to
/// its pages; `all`: those, compiled; `owner`: the file.
pub(crate) fn shadowed(owner: &str, rules: &[Owned], all: &Cleaner) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Of two that shadow each other the earlier one stays.
    let mut gone = vec![false; rules.len()];
    for at in (0..rules.len()).rev() {
        let (of, source, rule) = &rules[at];
        if *of != owner || has_fields(*rule) {
            continue;
        }
        let may_shadow: Vec<bool> = (0..rules.len())
            .map(|other| other != at && !gone[other] && covers(rules[other].2, *rule))
            .collect();
        let examples = examples(*rule);
        let mut by: Vec<usize> = Vec::new();
        let mut shows_patterns = !has_patterns(*rule);
        let is_shadowed = examples.iter().all(|(text, marked)| {
            let takes = all.takes(text);
            let of = |which: &dyn Fn(usize, bool) -> bool| {
                let takes = takes
                    .iter()
                    .filter(|(rule, _, literal)| which(*rule, *literal));
                union(takes.map(|(_, span, _)| span.clone()).collect())
            };
            let left = |spans: &[Range<usize>], others: &[Range<usize>]| {
                let left = subtract(spans, others);
                left.iter()
                    .any(|span| !text[span.clone()].trim().is_empty())
            };
            // What literals take is believed, and one example of a pattern may be another's literal.
            let goes = |is_literal: bool| {
                let own = of(&|rule, literal| rule == at && literal == is_literal);
                let others = of(&|rule, literal| may_shadow[rule] && literal == is_literal);
                !left(&own, &others)
            };
            let touches = |span: &Range<usize>| {
                let mut marked = marked.iter();
                marked.any(|marked| span.start < marked.end && marked.start < span.end)
            };
            let helped = takes
                .iter()
                .filter(|(rule, span, _)| may_shadow[*rule] && touches(span));
            by.extend(helped.map(|(rule, ..)| *rule));
            shows_patterns |= takes
                .iter()
                .any(|(rule, _, literal)| *rule == at && !literal);
            goes(true) && goes(false)
        });
        if !is_shadowed || !shows_patterns || !takes_without(owner, rules, &may_shadow, &examples) {
            continue;
        }
        gone[at] = true;
        by.sort_unstable();
        by.dedup();
        let by: Vec<String> = by
            .iter()
            .map(|&other| format!("`{}/{}`", rules[other].0, rules[other].2.head().id.value))
            .collect();
        let mut found = Found {
            source,
            rule: format!("{of}/{}", rule.head().id.value),
            findings: Vec::new(),
        };
        found.add(
            Lint::Shadowed,
            &rule.head().id.place,
            "",
            format!(
                "all that this rule takes goes without it: {}",
                by.join(", ")
            ),
            "take it out, or add an example that the others leave",
        );
        findings.append(&mut found.findings);
    }
    findings
}

/// Whether other rules by themselves take what a rule's examples lose.
fn takes_without(
    owner: &str,
    rules: &[Owned],
    others: &[bool],
    examples: &[(String, Vec<Range<usize>>)],
) -> bool {
    let others = rules.iter().zip(others).filter(|(_, is_one)| **is_one);
    let others: Vec<Owned> = others.map(|(rule, _)| rule.clone()).collect();
    let Ok(cleaner) = Cleaner::compile(owner, &others, 1.0, &Arc::default()) else {
        return false;
    };
    examples.iter().all(|(text, marked)| {
        let left = subtract(marked, &cleaner.take(text, false));
        left.iter().all(|span| text[span.clone()].trim().is_empty())
    })
}

/// Texts of which a rule takes what is marked: its examples, and its literals by themselves.
fn examples(rule: AnyRule) -> Vec<(String, Vec<Range<usize>>)> {
    let head = rule.head();
    let removes = head.removes.iter();
    let mut examples: Vec<_> = removes
        .map(|example| (example.text.to_string(), example.marked.clone()))
        .collect();
    let literals = match rule {
        AnyRule::Line(rule) => &rule.text[..],
        AnyRule::Inline(rule) => &rule.text[..],
        AnyRule::Block(_) | AnyRule::Duplicate(_) => &[],
    };
    let whole = |text: &Placed<Text>| {
        let all = std::iter::once(0..text.len());
        (text.to_string(), all.collect())
    };
    examples.extend(literals.iter().map(whole));
    examples
}

/// Whether a rule is asked and goes wherever another one is and does.
fn covers(rule: AnyRule, other: AnyRule) -> bool {
    let (rule, other) = (rule.head(), other.head());
    let in_place = match (rule.zone, other.zone) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(zone), Some(other)) => {
            let reaches = |zone: Option<u32>, other: Option<u32>| other <= zone;
            reaches(zone.head, other.head) && reaches(zone.tail, other.tail)
        }
    };
    in_place && (rule.category != Category::Credit || other.category == Category::Credit)
}

/// Whether a rule finds anything by a pattern alone.
fn has_patterns(rule: AnyRule) -> bool {
    match rule {
        AnyRule::Line(rule) => !rule.pattern.is_empty(),
        AnyRule::Inline(rule) => !rule.pattern.is_empty(),
        AnyRule::Block(_) | AnyRule::Duplicate(_) => false,
    }
}

/// Whether a rule reads anything out of what it finds.
fn has_fields(rule: AnyRule) -> bool {
    let patterns: Vec<&Placed<Text>> = match rule {
        AnyRule::Line(rule) => rule.pattern.iter().collect(),
        AnyRule::Inline(rule) => rule.pattern.iter().collect(),
        AnyRule::Block(rule) => rule.lines.iter().flat_map(|step| &step.pattern).collect(),
        AnyRule::Duplicate(_) => Vec::new(),
    };
    let reads = |opening: &str, pattern: &str| {
        let mut names = pattern.match_indices(opening);
        names.any(|(at, _)| {
            let name = &pattern[at + opening.len()..];
            name.starts_with(char::is_alphabetic) && !name.starts_with("cut>")
        })
    };
    patterns
        .iter()
        .any(|pattern| reads("(?<", pattern) || reads("(?P<", pattern))
}

/// What is found in the signs of a file.
pub(crate) fn signs(source: &Arc<SourceFile>, file: &RuleFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |lint, place: &Range<usize>, message: String| {
        let problem = source.problem(place.clone(), message);
        let problem = problem
            .at_key("signs")
            .with_help("name what no page of another outlet has");
        findings.push(Finding::new(lint, problem));
    };
    for sign in &file.signs {
        for part in sign.part.iter().filter(|part| inked(part) < PART) {
            let message = format!("«{}» stands in many a text", part.value);
            add(Lint::TooShort, &part.place, message);
        }
        let mut all = sign.text.iter().chain(&sign.pattern).chain(&sign.part);
        let (Some(first), mut signs) = (all.next(), Signs::default()) else {
            continue;
        };
        if signs.add(sign, 0, source, &Arc::default()).is_err() {
            continue;
        }
        let mut seen = false;
        let mut lines = PROSE.iter().flat_map(|text| text.lines());
        let line = lines.find(|line| {
            signs.in_text(line, |_| seen = true);
            seen
        });
        if let Some(line) = line {
            let message = format!("this sign is in «{line}», which is ordinary text");
            add(Lint::TooCommon, &first.place, message);
        }
    }
    findings
}

/// What is written in a sign, each folded or as a pattern, with its place.
pub(crate) fn words_of_signs(file: &RuleFile) -> impl Iterator<Item = (String, &Range<usize>)> {
    file.signs.iter().flat_map(|sign| {
        let texts = sign
            .text
            .iter()
            .map(|text| (fold(text).into_owned(), &text.place));
        let others = sign.pattern.iter().chain(&sign.part);
        texts.chain(others.map(|other| (other.to_string(), &other.place)))
    })
}

/// A sign that is another outlet's as well.
pub(crate) fn shared_sign(source: &Arc<SourceFile>, place: &Range<usize>, other: &str) -> Finding {
    let problem = source.problem(place.clone(), format!("this sign is that of `{other}` too"));
    let problem = problem.at_key("signs").with_help(
        "take one that only this outlet's pages have, or allow the lint with the reason",
    );
    Finding::new(Lint::OverlappingSign, problem)
}

/// What is found in the domains of a file by themselves.
pub(crate) fn domains(source: &Arc<SourceFile>, file: &RuleFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for domain in &file.domains {
        if psl::suffix_str(domain) == Some(domain.as_str()) {
            let message = format!("anybody may have a site under `{}`", domain.value);
            let problem = source.problem(domain.place.clone(), message);
            let problem = problem
                .at_key("domains")
                .with_help("write the outlet's own domain");
            findings.push(Finding::new(Lint::PublicSuffix, problem));
        }
        if let Some(bare) = domain.strip_prefix("www.") {
            let message = format!(
                "`{}` leaves out `{bare}` and its other sub-domains",
                domain.value
            );
            let problem = source.problem(domain.place.clone(), message);
            let problem = problem
                .at_key("domains")
                .with_help(format!("write `{bare}`"));
            findings.push(Finding::new(Lint::NarrowDomain, problem));
        }
        let is_wider = |other: &&Placed<Text>| is_below(domain, other);
        if let Some(wider) = file.domains.iter().find(is_wider) {
            let message = format!("`{}` is covered by `{}`", domain.value, wider.value);
            findings.push(overlap(source, domain, message));
        }
    }
    findings
}

/// The lists of a file that none of its rules takes in.
pub(crate) fn lists(source: &Arc<SourceFile>, file: &RuleFile) -> Vec<Finding> {
    let names = |rule| -> Vec<&Texts> {
        match rule {
            AnyRule::Line(rule) => vec![&rule.list],
            AnyRule::Inline(rule) => vec![&rule.list],
            AnyRule::Block(rule) => rule.lines.iter().map(|step| &step.list).collect(),
            AnyRule::Duplicate(_) => Vec::new(),
        }
    };
    let named: Vec<&str> = file
        .rules()
        .flat_map(names)
        .flatten()
        .map(|name| name.as_str())
        .collect();
    let lists = file.list.iter();
    let unused = lists.filter(|list| !named.contains(&list.id.as_str()));
    let finding = |list: &List| {
        let message = format!("no rule takes the list `{}` in", list.id.value);
        let problem = source.problem(list.id.place.clone(), message);
        let problem = problem
            .at_key("list")
            .with_help("name it in a rule or a step, or take it out");
        Finding::new(Lint::UnusedList, problem)
    };
    unused.map(finding).collect()
}

/// A domain that is another outlet's as well.
pub(crate) fn overlap(source: &Arc<SourceFile>, domain: &Placed<Text>, message: String) -> Finding {
    let problem = source.problem(domain.place.clone(), message);
    let problem = problem
        .at_key("domains")
        .with_help("take it out, or allow the lint with the reason");
    Finding::new(Lint::OverlappingDomain, problem)
}

/// Whether a domain is a sub-domain of another one.
pub(crate) fn is_below(domain: &str, other: &str) -> bool {
    let label = domain.strip_suffix(other);
    label.is_some_and(|label| label.ends_with('.'))
}

/// The findings without those that the file allows, and with what it allows in vain.
pub(crate) fn without_allowed(
    owner: &str,
    source: &Arc<SourceFile>,
    file: &RuleFile,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    let mut unused = Vec::new();
    let mut take = |rule: Option<String>, allowed: &[Allow]| {
        for allow in allowed {
            let before = findings.len();
            findings.retain(|finding| {
                finding.lint != *allow.lint || finding.problem.rule() != rule.as_deref()
            });
            if findings.len() == before {
                let message = format!("`{}` finds nothing here", allow.lint.value);
                let problem = source.problem(allow.lint.place.clone(), message);
                let help = format!("take it out; its reason was: {}", allow.reason);
                let mut problem = problem.at_key("allow").with_help(help);
                if let Some(rule) = &rule {
                    problem = problem.in_rule(rule.clone());
                }
                unused.push(Finding::new(Lint::UnusedAllow, problem));
            }
        }
    };
    take(None, &file.allow);
    for rule in file.rules() {
        let head = rule.head();
        take(Some(format!("{owner}/{}", head.id.value)), &head.allow);
    }
    findings.extend(unused);
    findings.sort_by_key(|finding| (finding.problem.line(), finding.problem.column()));
    findings
}
