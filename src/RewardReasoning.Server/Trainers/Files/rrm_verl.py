"""Rewards of a reward reasoning model for verl. Standard library only; copy this file where all workers see it.

As a reward manager, which knows the groups (uid, session_id):
    reward.reward_manager.source=importlib reward.reward_manager.name=RrmRewardManager
    reward.reward_manager.module.path=/path/rrm_verl.py
As a function alone (put the prompt into extra_info as "prompt"; groups are then recognised by it):
    custom_reward_function.path=/path/rrm_verl.py custom_reward_function.name=compute_score

It submits and polls, for held requests starve. A failed member raises, and verl masks it; NaN and None would spoil its group.
Environment: RRM_URL (http://127.0.0.1:8000), RRM_GROUP_SIZE (rollout.n), RRM_RUN_ID (names the run), RRM_API_KEY, RRM_PATIENCE_S (3600).
"""
import asyncio, json, os, time, urllib.error, urllib.request

URL = os.environ.get("RRM_URL", "http://127.0.0.1:8000").rstrip("/")


def _ask(path, body=None):
    headers = {"Content-Type": "application/json"}
    if os.environ.get("RRM_API_KEY"):
        headers["Authorization"] = "Bearer " + os.environ["RRM_API_KEY"]
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=60) as response:
        return json.load(response)


async def judge(member):
    """The final answer to a member. Nothing is held: an id is asked about until it is done."""
    end, wait, identity = time.monotonic() + float(os.environ.get("RRM_PATIENCE_S", "3600")), 0.2, None
    while True:
        try:
            ask = (f"/v1/rewards/{identity}", None) if identity else ("/v1/rewards", member)
            answer = await asyncio.get_running_loop().run_in_executor(None, _ask, *ask)
            identity = answer["id"]
            if answer["state"] == "done":
                return answer
        except urllib.error.HTTPError as error:
            if error.code == 404 and identity:
                identity = None  # forgotten: the same member again is the same question
            elif error.code < 500 and error.code != 429:
                raise RuntimeError(f"{URL} refuses: {error.read().decode(errors='replace')[:500]}") from error
        except (urllib.error.URLError, OSError, ValueError):
            pass  # away or restarting
        if time.monotonic() > end:
            raise TimeoutError(f"{URL} gave no reward in time")
        await asyncio.sleep(wait)
        wait = min(wait * 1.5, 2.0)


def _score(answer):
    if answer["reward"] is None:
        failure = answer["failure"]
        raise RuntimeError(f"no reward ({failure['class']}): {failure['detail']}")
    return {"score": answer["reward"], "rank": answer["rank"], "matches": answer["matches"]}  # the same keys for every member


def _size(default=None):
    size = os.environ.get("RRM_GROUP_SIZE", default)
    if not size:
        raise ValueError("set RRM_GROUP_SIZE to rollout.n, the members of a group")
    return int(size)


async def compute_score(data_source=None, solution_str="", ground_truth=None, extra_info=None, **others):
    prompt = (extra_info or {}).get("prompt") or (extra_info or {}).get("question")
    if not prompt:
        raise ValueError('extra_info has no "prompt"; add it to the data, or use RrmRewardManager')
    member = {"size": _size(), "query": prompt, "response": solution_str, "deadline": {"collect_s": 1200}}
    return _score(await judge(member))


class RrmRewardManager:
    def __init__(self, config=None, tokenizer=None, *others, **more):
        self.config, self.tokenizer = config, tokenizer

    @classmethod
    def init_class(cls, *others, **more):
        pass

    async def run_single(self, data):
        item = data[0]
        row, responses = item.non_tensor_batch, item.batch["responses"]
        length = int(item.batch["attention_mask"][-len(responses):].sum())
        text = self.tokenizer.decode(responses[:length], skip_special_tokens=True)
        run, step = os.environ.get("RRM_RUN_ID", "verl"), row.get("global_steps", 0)
        prompt = [{"role": turn["role"], "content": turn["content"]} for turn in row["raw_prompt"]]
        try:
            size = _size(self.config.actor_rollout_ref.rollout.n)
        except AttributeError:
            size = _size()
        member = {"group": f"{run}/{step}/{row['uid']}", "index": int(row["session_id"]), "size": size, "query": prompt,
                  "response": text, "deadline": {"collect_s": 1200}}
        score = _score(await judge(member))
        return {"reward_score": score["score"], "reward_extra_info": score}
