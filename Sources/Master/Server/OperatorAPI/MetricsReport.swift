import Foundation
import JSON
import MasterCore
import MesosAPI
import Runtime

/// The master's metrics under Mesos's names, and in the form that Prometheus reads.
/// Specified by Mesos 1.11 docs/monitoring.md. Of what can't happen here, and of what nothing measures, the value is 0.
struct MetricsReport {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    struct Value {
        let name: String
        let value: Double
        /// What Prometheus calls it, where the name says of which framework, role or resource it is: that becomes a label.
        let metric: String
        let label: (name: String, value: String)?
    }

    private(set) var values: [Value] = []

    init(_ snapshot: Snapshot, _ allocator: AllocatorReport) {
        master(snapshot)
        agents(snapshot)
        frameworks(snapshot)
        tasks(snapshot.metrics)
        messages(snapshot.metrics)
        resources(snapshot)
        registrar()
        self.allocator(snapshot, allocator)
        for (name, value) in SystemReport.values { add("system/" + name.replacing("avg_load", with: "load"), value) }
        values.sort { $0.name < $1.name }
    }

    /// Nil while stopping.
    static func of(_ master: Master) async -> MetricsReport? {
        guard let (snapshot, allocator) = await master.loop.inspect({ ($0.snapshot, $0.allocatorReport) }) else { return nil }
        return MetricsReport(snapshot, allocator)
    }

    mutating func add(_ name: String, _ value: Double) { values.append(Value(name: name, value: value, metric: name, label: nil)) }
    mutating func add(_ name: String, _ value: Int) { add(name, Double(value)) }
    mutating func add(_ name: String, _ value: UInt64) { add(name, Double(value)) }

    mutating func add(_ name: String, _ value: Double, as metric: String, _ label: String, _ labelValue: String) {
        values.append(Value(name: name, value: value, metric: metric, label: (label, labelValue)))
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for value in values {
            writer.key(value.name)
            writer.double(value.value)
        }
        writer.endObject()
        return writer.takeBytes()
    }

    /// `master/slaves_active` is `mesos_master_slaves_active`. The values of one metric stand together, below its type.
    func prometheus() -> [UInt8] {
        var lines = ""
        var last = ""
        let named = values.map { (metric: Self.legal($0.metric), value: $0) }
        for (metric, value) in named.sorted(by: { ($0.metric, $0.value.name) < ($1.metric, $1.value.name) }) {
            if metric != last { lines += "# TYPE \(metric) gauge\n" }
            last = metric
            let label = value.label.map { "{\($0.name)=\"\(Self.escaped($0.value))\"}" } ?? ""
            lines += "\(metric)\(label) \(value.value)\n"
        }
        return Array(lines.utf8)
    }

    private static func legal(_ name: String) -> String {
        "mesos_" + String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// As Mesos has texts of others in names: percent-encoded.
    static func escape(_ name: String) -> String { name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
}

/// What the machine has: `GET /system/stats.json`.
/// Specified by Mesos 1.11 docs/endpoints/system/stats.json.md.
enum SystemReport {
    static var values: [(name: String, value: Double)] {
        var load = [0.0, 0.0, 0.0]
        getloadavg(&load, 3)
        let page = max(0, Double(sysconf(CInt(_SC_PAGESIZE))))
        return [
            ("avg_load_1min", load[0]), ("avg_load_5min", load[1]), ("avg_load_15min", load[2]),
            ("cpus_total", Double(sysconf(CInt(_SC_NPROCESSORS_ONLN)))),
            ("mem_total_bytes", max(0, Double(sysconf(CInt(_SC_PHYS_PAGES)))) * page),
            ("mem_free_bytes", max(0, Double(sysconf(CInt(_SC_AVPHYS_PAGES)))) * page)
        ]
    }

    static func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in values {
            writer.key(name)
            writer.number(value)
        }
        writer.endObject()
        return writer.takeBytes()
    }
}
