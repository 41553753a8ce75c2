# What signet's injection check needs for one prompt, in milliseconds (median): PROMPT.
import asyncio, statistics, sys, time

from signet.checks.prompt_injection import PromptInjectionCheck
from signet.core.context import RequestContext
from signet.core.owner import Owner, OwnerType

check = PromptInjectionCheck()
owner = Owner(owner_type=OwnerType.HUMAN, owner_id="bench")


async def measure():
    times = []
    for _ in range(15):
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": sys.argv[1]}]}
        context = RequestContext(owner=owner, body=body, path="/v1/chat/completions")
        started = time.perf_counter()
        await check.pre_request(context)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


print(f"{asyncio.run(measure()) * 1000:.1f} ms")
