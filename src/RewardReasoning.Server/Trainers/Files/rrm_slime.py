"""Rewards of a reward reasoning model for slime and miles. Standard library only; copy this file where the trainer sees it.

    --custom-rm-path rrm_slime.rm --group-rm --n-samples-per-prompt 8

It submits and polls, for held requests starve. A failed sample gets remove_sample and the mean of the others of its group: it is then not
trained on, but its reward still counts in the group's mean. A group without any reward raises.
Environment: RRM_URL (http://127.0.0.1:8000), RRM_RUN_ID (names the run), RRM_API_KEY, RRM_PATIENCE_S (1800).
"""
import asyncio, json, os, time, urllib.error, urllib.request, uuid

URL = os.environ.get("RRM_URL", "http://127.0.0.1:8000").rstrip("/")
RUN = os.environ.get("RRM_RUN_ID") or uuid.uuid4().hex


def _ask(body):
    headers = {"Content-Type": "application/json"}
    if os.environ.get("RRM_API_KEY"):
        headers["Authorization"] = "Bearer " + os.environ["RRM_API_KEY"]
    request = urllib.request.Request(URL + "/v1/rewards", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


async def judge(members):
    """The answers to all members, in their order; the same members again are the same question, so everything may be repeated."""
    answers, end = [None] * len(members), time.monotonic() + float(os.environ.get("RRM_PATIENCE_S", "1800"))
    wait = 0.2
    while True:
        open_ = [at for at, answer in enumerate(answers) if answer is None or answer["state"] != "done"]
        if not open_:
            return answers
        try:
            got = await asyncio.get_running_loop().run_in_executor(None, _ask, [members[at] for at in open_])
            for at, answer in zip(open_, got):
                answers[at] = answer
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise RuntimeError(f"{URL} refuses: {error.read().decode(errors='replace')[:500]}") from error
        except (urllib.error.URLError, OSError, ValueError):
            pass  # away or restarting
        if any(answer is None or answer["state"] != "done" for answer in answers):
            if time.monotonic() > end:
                raise TimeoutError(f"{URL} gave no rewards in time")
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, 2.0)


def _member(sample, size):
    group = getattr(sample, "group_index", None)
    index = getattr(sample, "index", None)
    member = {"size": size, "query": sample.prompt, "response": sample.response, "deadline": {"collect_s": 1200}}
    if group is not None and index is not None:  # indices count through the data: a group is a row of them
        member |= {"group": f"{RUN}/{group}", "index": index % size}
    return member


async def rm(args, samples, **kw):
    """A reward for one sample, or a list of rewards, never shorter, for a list of samples."""
    is_list = isinstance(samples, (list, tuple))
    batch = list(samples) if is_list else [samples]
    if is_list and len(batch) > 0 and getattr(args, "group_rm", True):  # the whole group is here
        name = f"{RUN}/{uuid.uuid4().hex}"
        members = [_member(sample, len(batch)) | {"group": name, "index": at} for at, sample in enumerate(batch)]
    else:
        members = [_member(sample, int(args.n_samples_per_prompt)) for sample in batch]
    answers = await judge(members) if members else []
    known = [answer["reward"] for answer in answers if answer["reward"] is not None]
    if answers and not known:
        failure = answers[0]["failure"]
        raise RuntimeError(f"no reward for any sample ({failure['class']}): {failure['detail']}")
    rewards = []
    for sample, answer in zip(batch, answers):
        if answer["reward"] is None:
            sample.remove_sample = True
        rewards.append(sum(known) / len(known) if answer["reward"] is None else answer["reward"])
    return rewards if is_list else rewards[0]
