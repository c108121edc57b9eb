"""The report in a real browser: opened, read, filtered, walked through by keyboard, light and dark.

    python3 tests/browser.py PROGRAM [FOLDER]

FOLDER gets screenshots. Needs Chromium and Playwright; where there are none it says so, and that it
checked nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MINE = '''outlet = "herald"
name = "Herald"
domains = ["herald.example"]
signs = [{ text = "Herald | Home" }]

[[line]]
id = "menu"
category = "navigation"
note = "The menu & <b>nothing</b> \\"else\\"."
text = "Herald | Home"
removes = ["Herald | Home"]
keeps = ["Herald"]

[[inline]]
id = "mark"
category = "dateline"
note = "The mark before the text."
pattern = '^HERALD - '
removes = ["[-HERALD - -]It was opened."]
keeps = ["The HERALD - ours"]

[[line]]
id = "foot"
category = "legal"
note = "The foot."
pattern = '© .+'
removes = ["© Herald"]
keeps = ["Herald ©"]
'''
THEIRS = MINE.replace("'© .+'", "'© Herald'")
HOSTILE = """Herald | Home
</script><script>window.hurt = 1</script>
<img src=x onerror="window.hurt = 1"> & "quotes" 'and' `ticks`
© <script>window.hurt = 1</script></details></div><style>body{display:none}</style>
a\0b \u202eright to left\u202c \u2066isolated \ufeff\r and more
{{pages}} {{policy}} <!-- not a comment
""" + "x" * 200_000 + "\nשלום, this is both\n"
PLAIN = """Herald | Home

HERALD - The bridge was opened on Friday.

Nobody came.

© Herald
"""

# The contrast of the text of each visible element with what is painted behind it.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const low = {};
  let seen = 0;
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest("script, option")) continue;
    let behind = element;
    while (behind && rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const back = light(behind ? rgb(getComputedStyle(behind).backgroundColor) : [255, 255, 255]);
    const front = light(rgb(getComputedStyle(element).color));
    const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    seen += 1;
    if (ratio < 4.5) low[element.tagName + "." + element.className] = ratio.toFixed(2);
  }
  return [seen, low];
}"""

passed = 0


def check(what, is_so, seen=""):
    global passed
    if not is_so:
        sys.exit(f"browser: {what}: {seen}")
    passed += 1


def main():
    program = os.path.abspath(sys.argv[1])
    shots = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if not browser or not sync_playwright:
        missing = "Chromium" if not browser else "Playwright"
        print(f"browser: not run, there is no {missing}")
        return
    fixtures = Path(__file__).resolve().parent / "fixtures"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        for name, rules in (("rules", MINE), ("old", THEIRS)):
            (folder / name).mkdir()
            (folder / name / "herald.toml").write_text(rules, encoding="utf-8")
        (folder / "pages").mkdir()
        (folder / "pages/a<i>&\"'.txt").write_bytes(HOSTILE.encode())
        (folder / "pages/plain.txt").write_bytes(PLAIN.encode())
        (folder / "pages/other.txt").write_bytes(b"Nobody knows whose this is.\n")
        many = folder / "many.jsonl"
        line = '{"outlet":"herald","text":"%s"}\n'
        text = "Herald | Home\\n" + "A line of the article.\\n" * 40 + "© Herald\\n"
        many.write_text(line % text * 3000, encoding="utf-8")

        def report(name, *args):
            path = folder / name
            subprocess.run([program, "report", "-q", "-o", path, *args], cwd=folder, check=True)
            return path

        hostile = report("hostile.html", "--rules", "rules", "pages")
        against = report("against.html", "--rules", "rules", "--against", "old", "pages")
        large = report("large.html", "--rules", "rules", "--most", "3000", many)
        real = report("real.html", fixtures)

        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        size = {"width": 1280, "height": 900}

        def opened(path, **options):
            context = chromium.new_context(viewport=size, **options)
            page = context.new_page()
            page.asked, page.said = [], []
            page.on("request", lambda request: page.asked.append(request.url))
            page.on("console", lambda message: page.said.append(message.text))
            page.on("pageerror", lambda error: page.said.append(str(error)))
            page.goto(path.as_uri())
            return page

        def settled(page):
            check("nothing but the file is asked for", page.asked == [page.url], page.asked)
            check("nothing is complained about", page.said == [], page.said)
            check("nothing of a page runs", page.evaluate("window.hurt === undefined"))

        def visible(page):
            return page.locator("#pages > .page:visible")

        # What is hostile in a page is text.
        page = opened(hostile)
        settled(page)
        check("all pages are there", visible(page).count() == 3, visible(page).count())
        page.get_by_role("button", name="Open all").click()
        first = page.locator("#pages > .page").nth(0)
        shown = first.text_content()
        for text in ("</script><script>window.hurt = 1</script>", "<img src=x onerror=", "U+0000",
                     "U+202E", "U+2066", "U+FEFF", "U+000D", "{{pages}} {{policy}} <!-- not", "שלום",
                     "… 198500 characters …", "a<i>&\"'.txt"):
            check("it is shown as it stands", text in shown, text)
        check("no element of a page is one", page.locator("#pages img, #pages style").count() == 0)
        wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check("a very long line makes nothing wide", wide)

        # A rule is told where the pointer is, and where the keyboard is.
        tip = "el => getComputedStyle(el, '::after').display + getComputedStyle(el, '::after').content"
        why = first.locator(".why").first
        check("the tip is not there", why.evaluate(tip).startswith("none"))
        titles = first.locator(".line[title]").evaluate_all("all => all.map(e => e.title)")
        check("every line tells its rule", titles == ["herald/menu", "herald/foot"], titles)
        why.hover()
        tipped = why.evaluate(tip)
        check("the rule is told", tipped.startswith("block") and "The menu & <b>" in tipped, tipped)
        page.mouse.move(0, 0)
        page.reload()
        stops = []
        for _ in range(40):
            page.keyboard.press("Tab")
            stops.append(page.evaluate(
                "(e => e.className || e.name || e.textContent.trim())(document.activeElement)"))
            if page.evaluate("document.activeElement.matches('.page .why')"):
                break
        check("the first stop leads past the head", stops[0] == "skip", stops)
        for stop in ("outlet", "category", "rule", "order", "name", "changed", "open", "why"):
            check("the keyboard reaches it", stop in stops, (stop, stops))
        check("the tip follows the keyboard", why.evaluate(tip).startswith("block"), stops)
        if shots:
            page.screenshot(path=shots / "keyboard.png")

        # Filters.
        def choose(name, value):
            page.locator(f"[name={name}]").select_option(value)

        choose("outlet", "herald")
        check("by outlet", visible(page).count() == 2)
        choose("category", "dateline")
        check("by category", visible(page).count() == 1)
        check("what is looked for is marked", page.locator(".wanted").count() == 1)
        check("the number is told", page.locator("output").inner_text() == "1 of 3 pages")
        page.get_by_role("button", name="Reset").click()
        page.locator("output", has_text="3 pages").filter(has_not_text="of").wait_for()
        check("all again", visible(page).count() == 3)
        choose("rule", "herald/foot")
        check("by rule", visible(page).count() == 2)
        choose("rule", "")
        choose("order", "most")
        # Not the inner text: there is none of a page that is out of sight and not yet painted.
        names = page.locator("#pages > .page .name").all_text_contents()
        check("most removed first", "plain" in names[0], names)
        page.locator("[name=name]").fill("OTHER")
        check("by name", visible(page).count() == 1)
        page.locator("[name=name]").fill("")
        page.locator("[name=changed]").check()
        check("with removals only", visible(page).count() == 2)
        page.locator("button[data-rule='herald/mark']").click()
        check("a rule's pages", visible(page).count() == 1)
        check("they have the focus", page.evaluate("document.activeElement.id") == "pages")

        # Without a script it is read all the same.
        page = opened(hostile, java_script_enabled=False)
        check("no filter that does nothing", page.locator(".filter").is_hidden())
        page.locator("summary", has_text="plain.txt").click()
        check("a page closes and opens", page.get_by_text("Nobody came.").is_hidden())
        page.locator("summary", has_text="plain.txt").click()
        check("and is read", page.get_by_text("Nobody came.").is_visible())

        # Two rule folders: only what differs, old beside new.
        page = opened(against)
        settled(page)
        check("only what differs", visible(page).count() == 1, visible(page).count())
        check("one line differs", page.locator(".row.differs").count() == 1)
        sides = page.locator(".row.differs .cell").evaluate_all("all => all.map(e => e.className)")
        check("kept before, gone now", sides == ["cell kept", "cell gone c-legal"], sides)
        if shots:
            page.locator("#pages").scroll_into_view_if_needed()
            page.screenshot(path=shots / "against.png", full_page=True)

        # Thousands of pages.
        page = opened(large)
        check("they are all there", visible(page).count() == 3000)
        took = page.evaluate("""() => {
          const began = performance.now();
          document.querySelector("[name=order]").value = "most";
          document.querySelector("[name=category]").value = "legal";
          document.querySelector(".filter").dispatchEvent(new Event("input"));
          document.body.offsetHeight;
          return performance.now() - began;
        }""")
        opened_in = page.evaluate("""async () => {
          const began = performance.now();
          document.querySelector("[name=open]").click();
          for (let calm = 0; calm < 3;) {
            const before = performance.now();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            calm = performance.now() - before < 100 ? calm + 1 : 0;
          }
          return performance.now() - began;
        }""")
        check("what is looked for is marked in all", page.locator(".wanted").count() == 3000)
        size_of = f"3000 pages, {large.stat().st_size >> 20} MiB"
        print(f"browser: {size_of}: filtered in {took:.0f} ms, opened in {opened_in:.0f} ms")

        # Light, dark and narrow: enough contrast everywhere.
        for scheme in ("light", "dark"):
            for name, path in (("real", real), ("against", against), ("hostile", hostile)):
                page = opened(path, color_scheme=scheme)
                settled(page)
                page.get_by_role("button", name="Open all").click()
                seen, low = page.evaluate(CONTRAST)
                check("enough is looked at", seen > 20, seen)
                check(f"contrast of {name} in {scheme}", low == {}, low)
                if shots:
                    page.evaluate("scrollTo(0, 0)")
                    page.screenshot(path=shots / f"{name}-{scheme}.png")
                    page.evaluate("document.getElementById('pages').scrollIntoView()")
                    page.screenshot(path=shots / f"{name}-{scheme}-pages.png")
                    page.set_viewport_size({"width": 420, "height": 900})
                    page.screenshot(path=shots / f"{name}-{scheme}-narrow.png")
        page = opened(real)
        page.set_viewport_size({"width": 420, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        check("it fits a narrow window", wide <= 420, wide)
        chromium.close()
    print(f"{passed} passed, 0 failed")


main()
