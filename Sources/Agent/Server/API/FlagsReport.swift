import JSON
import Transport

/// The agent's settings under the names of Mesos's flags, as text.
struct FlagsReport {
    let values: [(name: String, value: String)]

    init(_ settings: AgentSettings, _ ground: Ground) {
        var flags: [(String, String)] = [
            ("cgroups_enable_cfs", "\(settings.limitsCPU)"),
            ("cgroups_root", "agora/\(ground.instance)"),
            ("containerizers", "mesos"),
            ("default_role", settings.defaultRole),
            ("executor_shutdown_grace_period", Self.duration(settings.shutdownGrace)),
            ("fetcher_stall_timeout", Self.duration(settings.fetcherStallTimeout)),
            ("gc_delay", Self.duration(settings.sandboxDelay)),
            ("hostname", ground.hostname),
            ("ip", settings.ip),
            ("launcher", "linux"),
            ("master", settings.masters.joined(separator: ",")),
            ("port", "\(settings.port)"),
            ("recover", "reconnect"),
            ("switch_user", "\(settings.switchesUser)"),
            ("version", "false"),
            ("work_dir", settings.workFolder)
        ]
        if let resources = settings.resources { flags.append(("resources", resources)) }
        if let attributes = settings.attributes { flags.append(("attributes", attributes)) }
        if let ip = settings.advertisedIP { flags.append(("advertise_ip", ip)) }
        values = flags.sorted { $0.0 < $1.0 }.map { (name: $0.0, value: $0.1) }
    }

    /// As the originals write durations: in the largest unit that gives a whole number.
    static func duration(_ seconds: Double) -> String {
        for (unit, length) in [("weeks", 604_800.0), ("days", 86_400), ("hrs", 3_600), ("mins", 60)] {
            let count = seconds / length
            if count >= 1, count == count.rounded(), count < 1e9 { return "\(Int(count))\(unit)" }
        }
        return seconds == seconds.rounded() && seconds.magnitude < 1e9 ? "\(Int(seconds))secs" : "\(seconds)secs"
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        fields(&writer)
        writer.endObject()
        return writer.bytes
    }

    func fields(_ writer: inout JSONWriter) {
        writer.key("flags")
        writer.beginObject()
        for (name, value) in values {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
    }
}
