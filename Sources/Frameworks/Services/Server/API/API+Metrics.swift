import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import ServicesCore
import Transport

extension API {
    /// `/metrics` in Marathon's JSON, `/metrics/prometheus` in Prometheus' text.
    func metrics(_ call: Call) async throws -> Reply {
        try require(call, [.GET])
        let values = MetricValues(try await snapshot(), meters)
        switch Array(call.segments.dropFirst()) {
        case []: return .json { values.write(into: &$0) }
        case ["prometheus"]: return Reply(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(values.prometheus.utf8))
        default: throw Failure.uriNotFound
        }
    }
}

/// The numbers of this process under Marathon 1.11's names (docs/metrics.md).
struct MetricValues {
    private(set) var gauges: [(name: String, value: Int)] = []
    private(set) var counters: [(name: String, value: Int)] = []
    private(set) var rates: [(name: String, rate: RateMeter.Rates)] = []

    init(_ services: Services, _ meters: Meters) {
        let apps = services.existingApps
        let instances = apps.flatMap(services.instances(of:))
        let counts = TaskCounts(instances)
        gauges = [
            ("marathon.apps.active.gauge", apps.count),
            ("marathon.deployments.active.gauge", services.deployments.count),
            ("marathon.groups.active.gauge", Self.groups(apps)),
            ("marathon.http.requests.active.gauge", meters.activeRequests),
            ("marathon.instances.inflight-kills.gauge", instances.count { $0.goal != .running }),
            ("marathon.instances.running.gauge", counts.running),
            ("marathon.instances.staged.gauge", counts.staged),
            ("marathon.instances.waiting.gauge", apps.reduce(0) { $0 + $1.tally.waiting }),
            ("marathon.mesos.subscribed.gauge", services.link.isSubscribed ? 1 : 0),
            ("marathon.pods.active.gauge", 0)
        ]
        let known = services.counters
        counters = [
            ("marathon.deployments.counter", known.deployments),
            ("marathon.deployments.dismissed.counter", known.deploymentsDismissed),
            ("marathon.mesos.calls.revive.counter", known.revives),
            ("marathon.mesos.calls.suppress.counter", known.suppresses),
            ("marathon.mesos.offer-operations.launch.counter", known.offersUsed),
            ("marathon.mesos.offers.declined.counter", known.offersDeclined),
            ("marathon.mesos.offers.incoming.counter", known.offersReceived),
            ("marathon.mesos.offers.used.counter", known.offersUsed),
            ("marathon.tasks.launched.counter", known.launched)
        ]
        for (state, count) in known.updates.sorted(by: { $0.key < $1.key }) {
            counters.append(("marathon.mesos.task-updates.\(state.lowercased().replacing("_", with: "-")).counter", count))
        }
        rates = meters.answers.enumerated().map { ("marathon.http.responses.\($0 + 1)xx.rate.meter", $1) }
    }

    /// All groups that apps are in, and the root.
    private static func groups(_ apps: [App]) -> Int {
        var groups: Set<PathID> = [.root]
        for app in apps {
            var group = app.id.parent
            while groups.insert(group).inserted { group = group.parent }
        }
        return groups.count
    }

    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("version", "3.0.0")
        writer.key(verbatim: "counters")
        writer.beginObject()
        for (name, value) in counters {
            writer.key(name)
            writer.beginObject()
            writer.member("count", value)
            writer.endObject()
        }
        writer.endObject()
        writer.key(verbatim: "gauges")
        writer.beginObject()
        for (name, value) in gauges {
            writer.key(name)
            writer.beginObject()
            writer.member("value", value)
            writer.endObject()
        }
        writer.endObject()
        writer.key(verbatim: "histograms")
        writer.beginObject()
        writer.endObject()
        writer.key(verbatim: "meters")
        writer.beginObject()
        for (name, rate) in rates {
            writer.key(name)
            write(rate, into: &writer)
        }
        writer.endObject()
        writer.key(verbatim: "timers")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
    }

    private func write(_ rates: RateMeter.Rates, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("count", rates.count)
        for (name, rate) in [("m1_rate", rates.oneMinute), ("m5_rate", rates.fiveMinutes), ("m15_rate", rates.fifteenMinutes)] {
            writer.key(name)
            writer.number(rate)
        }
        writer.key(verbatim: "mean_rate")
        writer.number(rates.mean)
        writer.member("units", "events/second")
        writer.endObject()
    }

    var prometheus: String {
        func line(_ name: String, _ kind: String, _ value: Int) -> String {
            let name = name.replacing(".", with: "_").replacing("-", with: "_")
            return "# TYPE \(name) \(kind)\n\(name) \(value)\n"
        }
        let totals = counters + rates.map { ($0.name, $0.rate.count) }
        return (gauges.map { line($0.name, "gauge", $0.value) } + totals.map { line($0.name, "counter", $0.value) }).joined()
    }
}
