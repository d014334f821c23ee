"""Figures of a server for Prometheus, read from the parts when asked: counting costs an order nothing.  SERV-023"""
from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Latency:
    """How long a turn's requests waited until they were durable, decided and told."""

    def __init__(self):
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def note(self, took_s: float, count: int) -> None:
        """``count`` requests waited so long."""
        at = 0
        for bound in BOUNDS_S:
            if took_s <= bound:
                break
            at += 1
        self.counts[at] += count
        self.sum_s += took_s * count


class Figures:
    """The collector: ``application`` is asked anew each time."""

    def __init__(self, application):
        self.application = application
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def text(self) -> bytes:
        """The page."""
        return generate_latest(self.registry)

    def describe(self) -> list[Metric]:
        """Nothing ahead: names are only known once the parts run."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        one = self.application
        venue, door, operations, replica = one.venue, one.door, one.operations, one.venue.replica
        yield CounterMetricFamily("steelyard_commands", "Commands decided.", value=replica.sequence - 1)
        yield CounterMetricFamily("steelyard_events", "Events told.", value=replica.trail.count)
        yield CounterMetricFamily("steelyard_requests", "Requests decided for people.", value=operations.answered)
        yield CounterMetricFamily("steelyard_messages", "WebSocket messages taken.", value=door.messages)
        yield CounterMetricFamily("steelyard_errors", "WebSocket answers that were errors.", value=door.refusals)
        yield CounterMetricFamily("steelyard_overloaded", "Requests refused for want of room in the queue.",
                                  value=one.admission.refused)
        yield CounterMetricFamily("steelyard_streams_conflated", "Times a slow reader's stream was conflated.",
                                  value=door.conflated)
        yield CounterMetricFamily("steelyard_connections_cut", "Connections ended by the venue.", value=door.cuts)
        yield CounterMetricFamily("steelyard_connections_refused", "Connections over the bound.",
                                  value=one.connections.refused if one.ready else 0)
        yield CounterMetricFamily("steelyard_dead_man_fired", "Accounts whose orders were canceled for silence.",
                                  value=one.dead_man.fired)
        yield GaugeMetricFamily("steelyard_queue_people", "Commands of people waiting.", value=one.admission.waiting)
        yield GaugeMetricFamily("steelyard_queue", "Commands waiting.", value=venue.waiting)
        yield GaugeMetricFamily("steelyard_websockets", "WebSocket connections.", value=len(door.connections))
        yield GaugeMetricFamily("steelyard_stream_readers", "Subscriptions.", value=one.streams.reading)
        yield GaugeMetricFamily("steelyard_sync_seconds", "Smoothed time of a journal sync.",
                                value=replica.policy.sync_ns / 1e9)
        yield GaugeMetricFamily("steelyard_history_behind", "Commands history has not written yet.",
                                value=replica.sequence - one.history.written)
        yield GaugeMetricFamily("steelyard_ready", "1 while orders are taken.", value=int(one.ready))
        views = GaugeMetricFamily("steelyard_view_in_service", "0 for a view that failed.", labels=["view"])
        for view in one.streams.views:
            views.add_metric([type(view).__name__], int(view not in one.streams.faults))
        yield views
        state = GaugeMetricFamily("steelyard_state", "1 for the state the venue is in.", labels=["state"])
        state.add_metric([one.status.state], 1)
        yield state
        yield self._waited(operations.latency)

    @staticmethod
    def _waited(latency: Latency) -> Metric:
        total, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), latency.counts):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily("steelyard_request_seconds", "From taken to told, durable in between.",
                                     buckets=buckets, sum_value=latency.sum_s)
