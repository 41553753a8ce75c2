"""OpenTelemetry as an application sets it up, and a note of what was handed to its exporters."""

import json
import sys

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Telemetry:
    """Exports traces and logs to the collector at `endpoint`; `report` says what was exported."""

    def __init__(self, endpoint, compression):
        resource = Resource.create({"service.name": "bijotel-client-test"})
        compression = Compression(compression)

        self.spans = InMemorySpanExporter()
        self.tracer_provider = TracerProvider(resource=resource)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans))
        traces = OTLPSpanExporter(f"{endpoint}/v1/traces", compression=compression)
        self.tracer_provider.add_span_processor(BatchSpanProcessor(traces))
        trace.set_tracer_provider(self.tracer_provider)

        self.logs = InMemoryLogRecordExporter()
        self.logger_provider = LoggerProvider(resource=resource)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        logs = OTLPLogExporter(f"{endpoint}/v1/logs", compression=compression)
        self.logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
        set_logger_provider(self.logger_provider)

    def report(self):
        """Flushes, then prints one line of JSON: the spans and log records that were sent."""
        flushed = self.tracer_provider.force_flush() and self.logger_provider.force_flush()
        spans = [
            {
                "name": span.name,
                "trace_id": f"{span.context.trace_id:032x}",
                "span_id": f"{span.context.span_id:016x}",
                "attributes": sorted(span.attributes),
            }
            for span in self.spans.get_finished_spans()
        ]
        logs = [
            {
                "event_name": log.log_record.event_name,
                "trace_id": f"{log.log_record.trace_id:032x}",
                "span_id": f"{log.log_record.span_id:016x}",
            }
            for log in self.logs.get_finished_logs()
        ]
        json.dump({"flushed": flushed, "spans": spans, "logs": logs}, sys.stdout)
        print()
