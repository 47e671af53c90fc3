import Foundation
import Glibc
import JSON

/// What this program calls itself.
enum Version {
    /// Of the API: clients compare it, and some read nothing but digits and dots.
    static let mesos = "1.11.0"
}

/// `GET /version`.
enum VersionReport {
    static func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        fields(&writer)
        writer.endObject()
        return writer.bytes
    }

    static func fields(_ writer: inout JSONWriter) {
        writer.member("version", Version.mesos)
        writer.member("build_date", "")
        writer.member("build_time", 0.0)
        writer.member("build_user", "")
    }
}

/// `GET /system/stats.json`.
enum SystemReport {
    static func json(_ facts: MachineFacts) -> [UInt8] {
        let values = values(facts)
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in values {
            writer.key(name)
            writer.number(value)
        }
        writer.endObject()
        return writer.bytes
    }

    static func values(_ facts: MachineFacts) -> [(String, Double)] {
        var load = [0.0, 0.0, 0.0]
        getloadavg(&load, 3)
        return [
            ("avg_load_1min", load[0]), ("avg_load_5min", load[1]), ("avg_load_15min", load[2]), ("cpus_total", Double(facts.cpus)),
            ("mem_total_bytes", Double(facts.memory)), ("mem_free_bytes", Double(MachineFacts.freeMemory()))
        ]
    }
}
