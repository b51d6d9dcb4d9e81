"""Samples reference cases of a tokenizer, and cuts its tokenizer.json down to what the sample needs.

    python sample.py FOLDER_OF_THE_WHOLE_TOKENIZER FOLDER_OF_THE_SAMPLE

The smaller vocabulary keeps every id, all added tokens, the 256 bytes, each token that occurs in the sample, and, downwards from these,
every merge that forms one of them. Byte-pair encoding applies the lowest-ranked merge that fits; a merge that forms no token of a text's
ids is never applied on that text, so leaving it out changes nothing for the sampled texts.
"""
import collections, gzip, json, pathlib, sys

TEXTS_OF_A_KIND, LONGEST_TEXT, CHATS_OF_A_TEMPLATE, STREAMS = 12, 1500, 40, 40


def read(folder, name):
    plain = folder / name
    return json.loads(plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes()))


def evenly(items, count):
    return items if len(items) <= count else [items[i * len(items) // count] for i in range(count)]


def main(source, target):
    cases, chats, tokenizer = (read(source, name) for name in ("cases.json", "chat.json", "tokenizer.json"))
    kinds = collections.defaultdict(list)
    for case in cases["cases"]:
        if len(case["text"]) <= LONGEST_TEXT:
            kinds[case["cat"]].append(case)
    cases["cases"] = [case for kind in kinds.values() for case in evenly(kind, TEXTS_OF_A_KIND)]
    cases["stream"] = evenly(cases["stream"], STREAMS)
    templates = collections.defaultdict(list)
    for chat in chats["chats"]:
        templates[chat["template"], "error" in chat].append(chat)
    chats["chats"] = [chat for group in templates.values() for chat in evenly(group, CHATS_OF_A_TEMPLATE)]

    used = set(cases["with_special_tokens_prefix"])
    for row in cases["cases"] + cases["stream"] + chats["chats"]:
        for name, value in row.items():
            if name.startswith("ids") and value is not None:
                used.update(value)

    model = tokenizer["model"]
    text_of = {id: text for text, id in model["vocab"].items()}
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    forming = collections.defaultdict(list)
    for index, (left, right) in enumerate(merges):
        forming[left + right].append(index)
    open_tokens = [text_of[id] for id in used if id in text_of] + [text for text in model["vocab"] if len(text) == 1]
    kept, kept_merges = set(), set()
    while open_tokens:
        text = open_tokens.pop()
        if text not in kept:
            kept.add(text)
            kept_merges.update(forming[text])
            open_tokens += [part for index in forming[text] for part in merges[index]]
    model["vocab"] = {text: id for text, id in model["vocab"].items() if text in kept}
    model["merges"] = [model["merges"][index] for index in sorted(kept_merges)]

    target.mkdir(parents=True, exist_ok=True)
    for name, value in (("cases.json", cases), ("chat.json", chats), ("tokenizer.json", tokenizer)):
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        (target / f"{name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    for name in ("tokenizer_config.json", "chat_template_think.jinja"):
        if (source / name).exists():
            (target / name).write_bytes((source / name).read_bytes())
    print(target.name, len(cases["cases"]), "texts,", len(chats["chats"]), "chats,", len(model["vocab"]), "tokens")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
