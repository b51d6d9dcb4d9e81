"""Rewards of a reward reasoning model for TRL (GRPOTrainer and AsyncGRPO). Standard library only; copy this file beside your script.

    from rrm_trl import RrmReward
    trainer = GRPOTrainer(..., reward_funcs=RrmReward("http://127.0.0.1:8000", num_generations=8))

Each process sends its slice of the batch and the server joins the halves of a group. Then it polls: held requests would starve.
A failed member is None, which TRL masks. With several nodes set RRM_RUN_ID to one new value for each run.
Environment: RRM_RUN_ID (names the run), RRM_API_KEY (if the server asks for a key).
"""
import hashlib, json, os, time, urllib.error, urllib.request, uuid


def run_id():
    """A name that all processes of this run share and no other run has."""
    for name in ("RRM_RUN_ID", "TORCHELASTIC_RUN_ID", "SLURM_JOB_ID"):
        if os.environ.get(name, "none") not in ("", "none"):
            return os.environ[name]
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:  # processes of one launcher have one parent
        return f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}:{os.getppid()}"
    return uuid.uuid4().hex


class RrmReward:
    def __init__(self, url, num_generations=None, collect_s=600, judge_s=None, patience_s=3600, run=None):
        self.url, self.num_generations, self.patience_s = url.rstrip("/"), num_generations, patience_s
        self.deadline = {"collect_s": collect_s, **({} if judge_s is None else {"judge_s": judge_s})}
        self.__name__, self.run, self.calls = "rrm_reward", run or run_id(), {}

    def __call__(self, prompts, completions, trainer_state=None, uid=None, log_extra=None, log_metric=None, **columns):
        members = []
        if trainer_state is None:  # AsyncGRPO: one whole group a call, in the order of completion
            group, size = f"{self.run}/{uuid.uuid4().hex}", len(prompts)
        else:
            step, size = trainer_state.global_step, self.num_generations
            if not size:
                raise ValueError("RrmReward(url, num_generations=N): N is the trainer's num_generations.")
            self.calls[step] = call = self.calls.get(step, -1) + 1
            first = int(os.environ.get("RANK", "0")) * len(prompts)  # slices are in a row
        for at, (prompt, completion) in enumerate(zip(prompts, completions)):
            index = at
            if trainer_state is not None:
                index = (first + at) % size
                name = uid[at] if uid is not None else hashlib.sha256(json.dumps(prompt).encode()).hexdigest()[:16]
                group = f"{self.run}/{step}.{call}/{(first + at) // size}/{name}"
            response = completion if isinstance(completion, str) else "\n".join(turn.get("content") or "" for turn in completion)
            members.append({"group": group, "index": index, "size": size, "query": prompt, "response": response, "deadline": self.deadline})
        answers = self.judge(members)
        if log_extra:
            log_extra("rrm_rank", [answer["rank"] for answer in answers])
            log_extra("rrm_failure", [(answer["failure"] or {}).get("class") for answer in answers])
        if log_metric:
            log_metric("rrm_failed", sum(answer["reward"] is None for answer in answers) / len(answers))
        return [answer["reward"] for answer in answers]

    def judge(self, members):
        """The answers to all members, in their order; the same members again are the same question, so everything may be repeated."""
        answers, end = [None] * len(members), time.monotonic() + self.patience_s
        while True:
            open_ = [at for at, answer in enumerate(answers) if answer is None or answer["state"] != "done"]
            if not open_:
                return answers
            try:
                got = self.ask([members[at] for at in open_])
                for at, answer in zip(open_, got):
                    answers[at] = answer
            except (urllib.error.URLError, OSError, ValueError) as error:
                code = getattr(error, "code", 503)
                if code < 500 and code != 429:
                    raise RuntimeError(f"{self.url} refuses: {error.read().decode(errors='replace')[:500]}") from error
            if time.monotonic() > end:
                raise TimeoutError(f"{self.url} gave no rewards within {self.patience_s} s")
            time.sleep(0.5 if any(answer is None or answer["state"] != "done" for answer in answers) else 0)

    def ask(self, body):
        headers = {"Content-Type": "application/json"}
        if os.environ.get("RRM_API_KEY"):
            headers["Authorization"] = "Bearer " + os.environ["RRM_API_KEY"]
        request = urllib.request.Request(self.url + "/v1/rewards", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
