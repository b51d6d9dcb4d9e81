"""Rewards of a reward reasoning model for OpenRLHF. Standard library and OpenRLHF only; copy this file beside your script.

    --train.agent_func_path /path/rrm_openrlhf.py

The executor numbers the calls for a prompt before its first await, so that a group has a name on the wire; it submits and polls, and waits
through outages of the server by itself. A failure stops the run with its reason, or is NaN with RRM_ON_FAILURE=nan (for dynamic filtering).
Environment: RRM_URL (one address: http://127.0.0.1:8000), RRM_GROUP_SIZE (n_samples_per_prompt), RRM_API_KEY, RRM_PATIENCE_S (1800).
Evaluations are told apart by their temperature: RRM_EVAL_GROUP_SIZE (eval_n_samples_per_prompt), RRM_EVAL_TEMPERATURE (0.6, OpenRLHF's).
"""
import asyncio, hashlib, json, os, time, urllib.error, urllib.request, uuid
from copy import deepcopy

try:
    from openrlhf.utils.agent import AgentExecutorBase
except ImportError:  # newer versions have it elsewhere; only its name is needed
    AgentExecutorBase = object

URL = os.environ.get("RRM_URL", "http://127.0.0.1:8000").rstrip("/")


def _ask(path, body=None):
    headers = {"Content-Type": "application/json"}
    if os.environ.get("RRM_API_KEY"):
        headers["Authorization"] = "Bearer " + os.environ["RRM_API_KEY"]
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=60) as response:
        return json.load(response)


async def judge(member):
    """The final answer to a member; outages are waited through, and a group that failed in passing is judged again."""
    end, wait, identity = time.monotonic() + float(os.environ.get("RRM_PATIENCE_S", "1800")), 0.2, None
    while True:
        try:
            ask = (f"/v1/rewards/{identity}", None) if identity else ("/v1/rewards", member)
            answer = await asyncio.to_thread(_ask, *ask)
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


class AgentExecutor(AgentExecutorBase):
    def __init__(self):
        self.size = int(os.environ["RRM_GROUP_SIZE"])
        self.eval_size = int(os.environ.get("RRM_EVAL_GROUP_SIZE", self.size))
        self.eval_temperature = float(os.environ.get("RRM_EVAL_TEMPERATURE", "0.6"))
        self.run, self.calls = uuid.uuid4().hex, {}  # one executor has all samples of a prompt

    async def execute(self, prompt, label, sampling_params, max_length, hf_tokenizer, llm_engine, **others):
        evaluates = abs(sampling_params.temperature - self.eval_temperature) < 1e-6
        key, size = hashlib.sha256(prompt.encode()).hexdigest()[:16], self.eval_size if evaluates else self.size
        key += "/eval" if evaluates else ""  # numbered by itself: it may come between two groups of the same prompt, with another size
        call = self.calls[key] = self.calls.get(key, -1) + 1  # before the first await
        member = {"group": f"{self.run}/{key}/{call // size}", "index": call % size, "size": size}

        prompt_ids = hf_tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"][0].tolist()
        prompt_ids = prompt_ids[-(max_length - sampling_params.max_tokens):]
        output = (await llm_engine.generate(prompt_ids, deepcopy(sampling_params))).outputs[0]
        action_ids = list(output.token_ids)
        log_probs = None
        if sampling_params.logprobs is not None and output.logprobs is not None:
            log_probs = [0.0] * len(prompt_ids) + [step[token].logprob for token, step in zip(action_ids, output.logprobs)]

        member |= {"query": prompt, "response": hf_tokenizer.decode(action_ids, skip_special_tokens=True), "deadline": {"collect_s": 1200}}
        answer = await judge(member)
        reward = answer["reward"]
        if reward is None:
            if os.environ.get("RRM_ON_FAILURE") != "nan":
                raise RuntimeError(f"no reward ({answer['failure']['class']}): {answer['failure']['detail']}")
            reward = float("nan")
        return {
            "prompt": prompt, "label": label, "reward": reward, "scores": reward, "observation_tokens": prompt_ids + action_ids,
            "action_ranges": [(len(prompt_ids), len(prompt_ids) + len(action_ids))], "rollout_log_probs": log_probs,
            "extra_logs": {"rank": float(answer["rank"] or "nan")},
        }
