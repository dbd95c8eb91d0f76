"""Counts of requests in Prometheus' text format: methods, routes and statuses, no names (X16)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


class Metrics:
    """Counters of one process. Only the event loop's thread counts, so nothing is locked."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._seconds: dict[str, list[int]] = {}
        self._sums: dict[str, float] = defaultdict(float)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        known = method if method in _METHODS else "OTHER"
        self._requests[known, route, status] += 1
        buckets = self._seconds.setdefault(route, [0] * (len(_BUCKETS) + 1))
        for index, limit in enumerate(_BUCKETS):
            if seconds <= limit:
                buckets[index] += 1
                break
        else:
            buckets[-1] += 1
        self._sums[route] += seconds

    def text(self) -> str:
        """Return everything counted so far."""
        lines = [
            "# HELP sessionpass_http_requests_total Requests answered.",
            "# TYPE sessionpass_http_requests_total counter",
        ]
        lines.extend(
            f'sessionpass_http_requests_total{{method="{method}",route="{route}",status="{status}"}}'
            f" {count}"
            for (method, route, status), count in sorted(self._requests.items())
        )
        lines += [
            "# HELP sessionpass_http_request_seconds Time from request to answer.",
            "# TYPE sessionpass_http_request_seconds histogram",
        ]
        for route, buckets in sorted(self._seconds.items()):
            lines += self._histogram(route, buckets)
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str, buckets: list[int]) -> list[str]:
        name, total, lines = "sessionpass_http_request_seconds", 0, []
        for limit, count in zip((*_BUCKETS, "+Inf"), buckets, strict=True):
            total += count
            lines.append(f'{name}_bucket{{route="{route}",le="{limit}"}} {total}')
        lines.append(f'{name}_sum{{route="{route}"}} {self._sums[route]:.6f}')
        lines.append(f'{name}_count{{route="{route}"}} {total}')
        return lines
