"""A report's page in headless Chromium, asked through its debugging pipe.

    report_browser.py write FOLDER                            a folder of small results of every kind
    report_browser.py look CHROMIUM PAGE PROFILE [PICTURES]
    report_browser.py browse CHROMIUM PAGE PROFILE [PICTURES]

Looking fails with a list of what is wrong at 400 and 1400 pixels, light and dark, and on paper. With PICTURES, a
folder, what was seen is left there for a person to look at: PNG of each width and scheme, and the PDF. Browsing follows
the links of a page that was made with --neurons, and enlarges a picture by mouse and by keyboard.
"""
import base64
import json
import os
import pathlib
import select
import signal
import struct
import subprocess
import sys
import time
import urllib.parse
import zlib

DEADLINE = 50    # seconds for everything: a browser that hangs is a failure, not a wait


class Browser:
    def __init__(self, program, profile):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def wire():    # the browser reads from 3 and writes to 4
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--hide-scrollbars", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=wire, close_fds=False, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.end = time.monotonic() + DEADLINE
        self.number, self.rest, self.events, self.session = 0, b"", [], None

    def message(self):
        while b"\0" not in self.rest:
            ready = select.select([self.read], [], [], max(0, self.end - time.monotonic()))[0]
            piece = os.read(self.read, 1 << 20) if ready else b""
            if not piece:
                sys.exit("the browser does not answer")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.write, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if "method" in answer:
                self.events.append((answer["method"], answer["params"]))

    def await_event(self, method):
        while not any(name == method for name, _ in self.events):
            answer = self.message()
            if "method" in answer:
                self.events.append((answer["method"], answer["params"]))

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"asking the page failed: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open_tab(self):
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)    # the group of its own that it was started in
        self.process.wait()


# What the page says of itself, as it is shown. Contrast: WCAG 2 relative luminance of each element's own text on the
# nearest ground that is not transparent.
MEASURE = r"""
(async () => {
  for (const image of document.images) { image.loading = "eager"; try { await image.decode(); } catch (e) {} }
  const colour = text => text.match(/[\d.]+/g).map(Number);
  const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.slice(0, 3).map(linear);
                       return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor);
                          if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const texts = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
    if (!e.getClientRects().length) continue;
    const s = getComputedStyle(e), a = light(colour(s.color)), b = light(ground(e));
    texts.push({what: e.tagName + ": " + e.textContent.trim().slice(0, 30), size: parseFloat(s.fontSize),
                contrast: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)});
  }
  const root = document.documentElement;
  return {
    images: [...document.images].map(i => ({alt: i.alt, natural: i.naturalWidth, shown: i.getBoundingClientRect().width,
              drawing: i.classList.contains("drawing"), letters: i.classList.contains("drawing") ?
                14 * i.getBoundingClientRect().width / i.naturalWidth : null,
              external: !i.currentSrc.startsWith("data:"), source: i.currentSrc.slice(0, 40)})),
    scroll: root.scrollWidth, client: root.clientWidth,
    wide: [...document.body.querySelectorAll("*")].filter(e => e.getClientRects().length && !e.closest(".scroll") &&
            e.getBoundingClientRect().right > root.clientWidth + 1).map(e => e.tagName + "." + e.className).slice(0, 5),
    tables: [...document.querySelectorAll(".scroll")].map(e =>
              [e.scrollWidth, e.clientWidth, e.getAttribute("aria-label")]),
    ground: light(ground(document.body)), texts,
    captions: [...document.querySelectorAll("table")].every(t => t.caption),
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(h => +h.tagName[1]),
    anchors: [...document.querySelectorAll("nav a")].map(a => [a.hash, !!document.getElementById(a.hash.slice(1))]),
    lang: root.lang, title: document.title, scripts: document.scripts.length,
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
    seen: [...document.querySelectorAll("figcaption details code")].filter(e =>
            e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})).length,
    commands: document.querySelectorAll("figcaption details code").length,
  };
})()
"""


def table(path, header, rows):
    path.write_text("".join("\t".join(str(c) for c in row) + "\n" for row in [header.split(), *rows]))


def png(path, width, height):
    """Stripes, as large as the sheets that nonna-stimulus and nonna-dataset make."""
    row = b"\0" + bytes((40 * (x // 40) + shade) % 256 for x in range(width) for shade in (0, 60, 120))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(row * height)),
              (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data +
                     struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks))


def write(folder):
    top, part = pathlib.Path(folder), pathlib.Path(folder) / "faces"
    part.mkdir(parents=True)
    methods = ["guess", "random weights", "best linear filter", "best first-stage neuron", "best neuron",
               "no contrast normalisation", "autoencoder of 3 layers", "autoencoder of 6 layers", "K-means",
               "faces removed from training"]
    scores = "accuracy accuracy_sd auc auc_sd held_accuracy held_accuracy_sd held_auc held_auc_sd paper"
    table(top / "table1.tsv", "concept test method seeds " + scores,
          [[concept, test, method, 3, .6 + .02 * i, .0123, .7, .01, .59 + .02 * i, .0234, .7, .0123,
            "" if test == "matched" else .817]
           for concept in ("faces", "bodies", "cats") for test in ("test", "matched", "colour")
           for i, method in enumerate(methods)])
    table(top / "controls.tsv", "concept control seed neuron auc",
          [[concept, control, seed, "3.norm/10,11,12", .5 + .05 * seed]
           for concept in ("faces", "bodies", "cats") for control in ("inverted", "scrambled", "background")
           for seed in (1, 2, 3)])
    settings = {"field": (12, 14, 16, 18, 20), "maps": (6, 8, 10), "lambda": (.01, .1, 1), "norm": (5, 9, 13),
                "rate": (.0001, .0003, .001, .01)}
    table(top / "sensitivity.tsv", "setting value seeds " + scores,
          [[setting, value, 3, .7 + i / 50, .01, .75, .01, .68 + i / 50, .01, .8, .01, .78 if setting == "field" else ""]
           for setting, values in settings.items() for i, value in enumerate(values)])
    responses = [[(i * 37 % 101) / 20 + i % 3 % 2, i % 3 % 2] for i in range(300)]
    pairs = [(yes, no) for yes, label in responses if label for no, other in responses if not other]
    auc = sum((yes > no) + (yes == no) / 2 for yes, no in pairs) / len(pairs)
    positives = sum(label for _, label in responses)
    for which, accuracy in (("random", .67), ("first", .71), ("top", .81)):
        table(part / f"sweep-{which}.tsv", "layer row col map threshold accuracy auc dprime hit_rate false_alarm_rate "
              "balanced_accuracy polarity positives negatives choice_threshold choice_accuracy choice_auc held_accuracy "
              "held_auc accuracy_low accuracy_high auc_low auc_high held_accuracy_low held_accuracy_high held_auc_low "
              "held_auc_high chosen_by",
              [["3.norm", 10, 11, 12, 1, accuracy, auc, 1, .7, .1, .8, 1, positives, 300 - positives, 1, accuracy, .8,
                accuracy - .02, .79, .7912, .8321, .7654, .8123, .7812, .8211, .7654, .8123, "auc"]])
    table(part / "best-responses.tsv", "response label", responses)
    table(part / "matched-match.tsv", "part positives matched taken_anyway dropped rule_auc_before rule_auc_after",
          [["a", 145, 109, 51, 36, "", ""], ["b", 145, 134, 0, 11, .714433, .570283],
           ["c", 290, 266, 0, 24, .746899, .50506], ["d", 289, 234, 0, 55, .926843, .547757]])
    table(part / "invariance.tsv", "warp amount pictures mean deviation",
          [[warp, amount * most / 10, 10, .8 - (amount / 10) ** 2, .1]
           for warp, most in (("translate-x", 7), ("translate-y", 7), ("scale", 1.6), ("rotate", 180), ("view", 90))
           for amount in range(-10 if most == 7 or most == 180 else 2, 11)])
    table(part / "train.tsv", "step set stage1_relative stage2_relative stage3_relative",
          [[100 * i, kind, .4 / (i + 1), .6 / (i + 1), .8 / (i + 1)] for kind in ("train", "validate") for i in range(9)])
    table(part / "invariance-first.tsv", "warp amount pictures mean deviation above",
          [["scale", amount / 10, 10, .5 - amount / 20, .1, 1 - amount / 20] for amount in range(4, 17)])
    table(part / "filters.tsv", "stage row col rows cols", [[1, row, col, 31, 31] for row in (0, 30) for col in (0, 30)])
    table(part / "histograms.tsv", "neuron label low high counts",
          [["3.norm/10,11,12", label, -1, 4, " ".join(str((5 * i + label) % 7) for i in range(32))] for label in (0, 1)])
    neuron = part / "neurons" / "3.norm-10,11,12"
    neuron.mkdir(parents=True)
    table(neuron / "top.tsv", "end rank key source label response file",
          [[end, rank, "k", f"films/a-long-name-of-a-film-{rank}.avi", rank % 3 > 0, 4 - rank / 4, f"{end}-{rank:02}.png"]
           for end in ("strongest", "weakest") for rank in range(1, 11)])
    text = (neuron / "top.tsv").read_text().replace("True", "1").replace("False", "0")
    (neuron / "top.tsv").write_text(text)
    for end in ("strongest", "weakest"):
        for rank in range(1, 11):
            png(neuron / f"{end}-{rank:02}.png", 48, 48)
    png(neuron / "average.png", 48, 48)
    (neuron / "invariance.tsv").write_text((part / "invariance.tsv").read_text())
    for name, width, height in (("average", 256, 256), ("optimal", 256, 256), ("top", 804, 676), ("weakest", 804, 676), ("layer", 1044, 524),
                                ("filters-1", 600, 300), ("invariance", 1200, 400), ("test-pictures", 1044, 624)):
        png(part / f"{name}.png", width, height)
    (top / "commands.txt").write_text(
        "nonna-reproduce --table1 --out results >table1.tsv\n"
        "nonna-stimulus optimal model.safetensors --neuron 3.norm/10,11,12 --data " + "a-very-long-name-of-a-set/" * 9 +
        "test.tar -o faces/optimal.png\n")


# What a reader meets who opens neurons' pages and enlarges pictures, without a script.
OPEN_TILE = """(() => { const t = [...document.querySelectorAll("details.tile")].find(t => t.checkVisibility());
  const r = t.querySelector("summary").getBoundingClientRect(), i = t.querySelector("img").getBoundingClientRect();
  return {open: t.open, x: r.x + r.width / 2, y: r.y + r.height / 2, side: i.width, covers: r.width >= innerWidth - 1 &&
          r.height >= innerHeight - 1, room: Math.min(innerWidth, innerHeight), text: t.textContent}; })()"""


def browse(program, page, profile, pictures=None):
    wrong = []
    browser = Browser(program, profile)
    try:
        browser.open_tab()
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)    # of the page's own; there is none to miss
        browser.ask("Emulation.setDeviceMetricsOverride", width=1000, height=900, deviceScaleFactor=1, mobile=False)
        browser.ask("Page.navigate", url=pathlib.Path(page).resolve().as_uri())
        browser.await_event("Page.loadEventFired")

        def click(x, y):
            for kind in ("mousePressed", "mouseReleased"):
                browser.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

        # A picture enlarges where it is clicked, and a second click puts it back; Enter does the same.
        browser.value("(() => { document.querySelector('details.tile').scrollIntoView({block: 'center', behavior: 'instant'}) })()")
        small = browser.value(OPEN_TILE)
        click(small["x"], small["y"])
        large = browser.value(OPEN_TILE)
        if not large["open"] or not large["covers"] or large["side"] < 0.6 * large["room"] or large["side"] < 3 * small["side"]:
            wrong.append(f"a click does not enlarge: {small}, {large}")
        if pictures:
            shot = browser.ask("Page.captureScreenshot")
            (pathlib.Path(pictures) / "enlarged.png").write_bytes(base64.b64decode(shot["data"]))
        click(large["x"], large["y"])
        if browser.value(OPEN_TILE)["open"]:
            wrong.append("a second click does not put it back")
        browser.value("(() => { document.querySelector('details.tile summary').focus() })()")
        for kind in ("keyDown", "keyUp"):
            browser.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
        if not browser.value(OPEN_TILE)["open"]:
            wrong.append("Enter does not enlarge")
        for word in ("positive", ": right"):
            if word not in small["text"]:
                wrong.append(f"a picture does not say '{word}': {small['text']}")

        # The map's links are reached by the keyboard, and lead to what they name; there is a way back.
        links = browser.value("[...document.querySelectorAll('svg a')].map(a => [a.getAttribute('href'), a.tabIndex, "
                              "a.getAttribute('aria-label')])")
        if not links:
            wrong.append("no link in a map")
        for href, index, label in links:
            if index < 0 or not label:
                wrong.append(f"{href} is not reached by the keyboard, or has no name")
        leaves = browser.value("[...document.querySelectorAll('.leaf')].filter(l => l.checkVisibility()).length")
        if leaves:
            wrong.append(f"{leaves} neurons' pages are open before a link leads to them")
        for href, _, label in links[:2]:
            browser.events.clear()
            browser.ask("Page.navigate", url=pathlib.Path(page).resolve().as_uri() + href if href.startswith("#") else
                        pathlib.Path(page).resolve().parent.as_uri() + "/" + href)
            if not href.startswith("#"):
                browser.await_event("Page.loadEventFired")
            name = label.split(":")[0]
            shown = browser.value("[...document.querySelectorAll('.leaf, main')].filter(l => l.checkVisibility()).pop()"
                                  ".parentElement.innerText")
            if f"Neuron {name}" not in shown:
                wrong.append(f"{href} does not lead to {name}")
            back = browser.value("[...document.querySelectorAll('.links a')].filter(l => l.checkVisibility())"
                                 ".map(a => a.href)[0]")
            file = urllib.parse.unquote(urllib.parse.urlsplit(back).path)
            if not pathlib.Path(file).exists() or f'id="{back.split("#")[1]}"' not in pathlib.Path(file).read_text():
                wrong.append(f"no way back from {href}: {back}")
        for name, event in browser.events:
            if name == "Network.requestWillBeSent" and event["request"]["url"].split(":")[0] not in ("file", "data"):
                wrong.append("asked for " + event["request"]["url"])
            elif name in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Network.loadingFailed"):
                wrong.append(f"{name}: {event}")
    finally:
        browser.close()
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


def look(program, page, profile, pictures=None):
    pictures = pathlib.Path(pictures) if pictures else None
    wrong = []
    browser = Browser(program, profile)
    try:
        browser.open_tab()

        for scheme in ("light", "dark"):
            for width in (400, 1400):
                where = f"{width} pixels, {scheme}: "
                browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                            mobile=False)
                browser.ask("Emulation.setEmulatedMedia", media="",
                            features=[{"name": "prefers-color-scheme", "value": scheme}])
                browser.events.clear()
                browser.ask("Page.navigate", url=pathlib.Path(page).resolve().as_uri())
                browser.await_event("Page.loadEventFired")
                seen = browser.value(MEASURE)
                for name, event in browser.events:
                    if name == "Network.requestWillBeSent" and \
                            event["request"]["url"].split(":")[0] not in ("file", "data"):
                        wrong.append(where + "asked for " + event["request"]["url"])
                    elif name == "Network.loadingFailed":
                        wrong.append(where + "a request failed: " + event["errorText"])
                    elif name == "Log.entryAdded":
                        wrong.append(where + "console: " + event["entry"]["text"])
                    elif name in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                        wrong.append(where + "a script spoke")
                wrong += [where + w for w in faults(seen, scheme)]
                if pictures:
                    shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
                    (pictures / f"{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
        # On paper, from a reader whose screen is dark.
        browser.ask("Emulation.setEmulatedMedia", media="print",
                    features=[{"name": "prefers-color-scheme", "value": "dark"}])
        browser.ask("Emulation.setDeviceMetricsOverride", width=680, height=1000, deviceScaleFactor=1, mobile=False)
        seen = browser.value(MEASURE)
        if seen["ground"] < 0.9:
            wrong.append("on paper: the ground is dark")
        if seen["seen"] < seen["commands"]:
            wrong.append(f"on paper: {seen['commands'] - seen['seen']} commands stay folded")
        if seen["scroll"] > seen["client"]:
            wrong.append(f"on paper: {seen['scroll']} pixels wide, there are {seen['client']}: {seen['wide']}")
        for scrolled, room, name in seen["tables"]:
            if scrolled > room:
                wrong.append(f"on paper: the table '{name}' is {scrolled} pixels wide, there are {room}")
        if pictures:
            browser.ask("Emulation.setEmulatedMedia", media="",
                        features=[{"name": "prefers-color-scheme", "value": "dark"}])
            pdf = browser.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
            (pictures / "page.pdf").write_bytes(base64.b64decode(pdf["data"]))
    finally:
        browser.close()
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


def faults(seen, scheme):
    if not seen["images"]:
        yield "no picture"
    for image in seen["images"]:
        name = image["alt"][:40] or image["source"]
        if not image["natural"]:
            yield f"'{name}' does not show"
        if not image["alt"].strip():
            yield f"'{name}' has no text in its place"
        if image["external"]:
            yield f"'{name}' is not part of the page"
        if image["drawing"] and image["letters"] < 12:
            yield f"the letters of '{name}' are {image['letters']:.1f} pixels high"
        if image["drawing"] and not any(c.isdigit() for c in image["alt"]):
            yield f"'{name}' is told without a number"
    if seen["scroll"] > seen["client"]:
        yield f"{seen['scroll']} pixels wide, there are {seen['client']}: {seen['wide']}"
    for scrolled, room, name in seen["tables"]:
        if scrolled > room:
            yield f"the table '{name}' is {scrolled} pixels wide, there are {room}"
    if (seen["ground"] < 0.1) != (scheme == "dark"):
        yield f"the ground's luminance is {seen['ground']:.2f}"
    for text in seen["texts"]:
        if text["size"] < 12:
            yield f"'{text['what']}' is {text['size']} pixels high"
        if text["contrast"] < 4.5:
            yield f"'{text['what']}' has a contrast of {text['contrast']:.2f}"
    if not seen["captions"]:
        yield "a table has no caption"
    levels = seen["headings"]
    if levels[:1] != [1] or levels.count(1) != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:])):
        yield f"headings out of order: {levels}"
    if not all(there for _, there in seen["anchors"]):
        yield f"contents lead nowhere: {seen['anchors']}"
    if len(set(seen["ids"])) < len(seen["ids"]):
        yield "an id occurs twice"
    if seen["lang"] != "en" or not seen["title"] or seen["scripts"]:
        yield "no language, no title, or a script"


if __name__ == "__main__":
    {"write": write, "look": look, "browse": browse}[sys.argv[1]](*sys.argv[2:])
