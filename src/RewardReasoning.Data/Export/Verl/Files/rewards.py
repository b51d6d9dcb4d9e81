"""Reward of a judge that compares two responses: +1 for the right verdict, -1 for a wrong one or none (arXiv 2505.14674).

verl calls compute_score for every completion (reward.custom_reward_function.path and .name). The verdict is the last
\\boxed{Assistant 1} or \\boxed{Assistant 2} after the last </think>; without a closed thought there is none.
"""

import re

BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
DECORATION = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|sc|up|normal)?|math(?:bf|it|rm|sf|tt|normal)|bf|it|rm|bfseries|q?quad|[ ,;:!])(?![A-Za-z])"
    r"|[{}*_$~`\s]")


def content_of(text, start):
    """What stands before the brace that closes the one before start; None without one."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return None


def verdict(solution):
    """1 or 2, or None where the completion ends without a verdict."""
    _, closed, answer = solution.rpartition("</think>")
    if not closed or "<think>" in answer:
        return None
    boxes = list(BOX.finditer(answer))
    content = content_of(answer, boxes[-1].end()) if boxes else None
    return None if content is None else {"assistant1": 1, "assistant2": 2}.get(DECORATION.sub("", content).lower())


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    given = verdict(solution_str)
    right = given is not None and ground_truth == f"Assistant {given}"
    return {"score": 1.0 if right else -1.0, "acc": float(right), "readable": float(given is not None), "says_first": float(given == 1)}
