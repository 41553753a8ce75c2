# What the Python tool's default rules need for one prompt, in milliseconds (median): PROMPT.
import statistics, sys, time

from bijotel.policy.engine import PolicyEngine
from bijotel.policy.rules import output_length_limit, pii_detection, prompt_pattern_deny

rules = [
    prompt_pattern_deny(mode="warn", use_defaults=True),
    pii_detection(mode="warn"),
    output_length_limit(max_tokens=4096, mode="warn"),
]
engine = PolicyEngine(rules)
request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": sys.argv[1]}]}
times = []
for _ in range(200):
    started = time.perf_counter()
    engine.evaluate(request)
    times.append(time.perf_counter() - started)
print(f"{statistics.median(times) * 1000:.3f} ms (3 rules)")
