# How many spans a second the Python tool seals with chain and CAS: WRITERS ENTRIES SECRET.
import sys, tempfile, threading, time
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from bijotel.processors.cas import CasSpanProcessor
from bijotel.processors.hmac_chain import HmacChainSpanProcessor

writers, entries, secret = int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3])
prompt = "please summarise the minutes of the last meeting in three sentences. " * 6
answer = "The meeting agreed on the budget and the date. " * 3

with tempfile.TemporaryDirectory() as folder:
    database = Path(folder) / "chain.db"
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(HmacChainSpanProcessor(db_path=database, secret_key=secret))
    provider.add_span_processor(CasSpanProcessor(db_path=database))
    tracer = provider.get_tracer("figures")

    def seal(writer):
        for n in range(entries // writers):
            with tracer.start_as_current_span("chat") as span:
                span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
                span.set_attribute("gen_ai.input.messages", f'[{{"role":"user","content":"{writer} {n} {prompt}"}}]')
                span.set_attribute("gen_ai.output.messages", f'[{{"role":"assistant","content":"{answer}"}}]')

    threads = [threading.Thread(target=seal, args=(writer,)) for writer in range(writers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{entries / (time.perf_counter() - started):.0f}/s")
