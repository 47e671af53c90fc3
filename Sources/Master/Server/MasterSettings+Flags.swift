import Foundation
import Machine
import MasterCore
import MesosAPI
import Resources
import SwiftProtobuf

/// Why a flag can't have a value. For whoever starts the master, behind the flag's name.
package struct FlagRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension MasterSettings {
    /// Flags of Mesos's master that are taken and change nothing: what they tune isn't there, or needs no tuning.
    package static let ignoredFlags = [
        "allocator_agent_recovery_factor", "allocator_recovery_timeout", "authentication_v0_timeout",
        "external_log_file", "initialize_driver_logging", "ip_discovery_command", "log_auto_initialize", "log_dir", "logbufsecs",
        "logging_level", "max_executors_per_agent", "memory_profiling", "offer_constraints_re2_max_mem",
        "offer_constraints_re2_max_program_size", "publish_per_framework_metrics", "quiet", "recovery_agent_removal_limit",
        "registry_fetch_timeout", "registry_gc_interval", "registry_max_agent_age", "registry_store_timeout", "registry_strict",
        "webui_dir", "zk_session_timeout"
    ]

    /// Flags whose only value that can be honoured is given here.
    package static let fixedFlags = [
        "allocator": "hierarchical", "authenticate_agents": "false", "authenticate_frameworks": "false",
        "authenticate_http_frameworks": "false", "authenticate_http_readonly": "false", "authenticate_http_readwrite": "false",
        "framework_sorter": "drf", "quorum": "1", "require_agent_domain": "false", "role_sorter": "drf"
    ]

    /// Takes a flag of Mesos's master, in Mesos's form of values.
    /// - Parameter name: with underscores, without dashes before it.
    /// - Throws: what is wrong with the value; nothing has changed then.
    /// Specified by Mesos 1.11 docs/configuration/master.md.
    package mutating func set(_ name: String, _ value: String) throws(FlagRefusal) {
        if let only = Self.fixedFlags[name] {
            let values = name == "allocator" ? [only, "HierarchicalDRF"] : [only]
            guard values.contains(value) else { throw FlagRefusal(description: "can only be '\(only)': nothing else is served yet, not '\(value)'") }
        } else if !Self.ignoredFlags.contains(name) {
            try apply(name, value)
        }
        flags[name] = value
    }

    private mutating func apply(_ name: String, _ value: String) throws(FlagRefusal) {
        switch name {
        case "zk":
            guard value.isEmpty else { throw FlagRefusal(description: "can't be served: several masters, and ZooKeeper, are not there yet") }
        case "hostname": hostname = value
        case "cluster": cluster = value
        case "advertise_ip": advertisedIP = value
        case "advertise_port": advertisedPort = try Self.count(value, 1...65_535)
        case "registry":
            guard ["in_memory", "replicated_log"].contains(value) else {
                throw FlagRefusal(description: "must be 'in_memory' or 'replicated_log', not '\(value)'")
            }
            isInMemory = value == "in_memory"
        case "roles": kernel.roles = try Self.roles(value)
        case "weights": kernel.weights = try Self.weights(value)
        case "max_completed_frameworks": kernel.completedFrameworks = try Self.count(value)
        case "max_completed_tasks_per_framework": kernel.completedTasksPerFramework = try Self.count(value)
        case "max_unreachable_tasks_per_framework": kernel.unreachableTasksPerFramework = try Self.count(value)
        case "max_operator_event_stream_subscribers": kernel.observers = try Self.count(value, 1...1_000_000)
        case "registry_max_agent_count": kernel.lostAgents = try Self.count(value)
        case "offer_timeout": kernel.offerTimeout = try Self.duration(value)
        case "allocation_interval": kernel.filterFloor = try Self.duration(value)
        case "agent_reregister_timeout": kernel.agentReregisterTimeout = try Self.duration(value)
        case "agent_removal_rate_limit": kernel.agentRemovalPause = try Self.pause(rate: value)
        case "agent_ping_timeout": try setPatience(ping: try Self.duration(value), count: try Self.count(flags["max_agent_ping_timeouts"] ?? "5"))
        case "max_agent_ping_timeouts":
            try setPatience(ping: try Self.duration(flags["agent_ping_timeout"] ?? "15secs"), count: try Self.count(value))
        case "root_submissions": kernel.allowsRoot = try Self.bool(value)
        case "filter_gpu_resources": kernel.filtersGPUs = try Self.bool(value)
        case "fair_sharing_excluded_resource_names": kernel.excludedNames = Self.list(value)
        case "min_allocatable_resources": kernel.minimum = try Self.minimum(value)
        case "domain": kernel.region = try Self.region(value)
        default: throw FlagRefusal(description: "is no flag of the master")
        }
    }

    /// An agent is unreachable once it has missed that many pings in a row; how it is watched is not by pings.
    private mutating func setPatience(ping: Int64, count: Int) throws(FlagRefusal) {
        let (product, isTooMuch) = ping.multipliedReportingOverflow(by: Int64(count))
        guard !isTooMuch, product >= .second, product <= 86_400 * .second else {
            throw FlagRefusal(description: "times the number of pings must be between 1secs and 1days")
        }
        kernel.agentTimeout = product
        kernel.agentSilence = product - min(.second, product / 5)
    }

    // MARK: Values

    private static func count(_ text: String, _ range: ClosedRange<Int> = 0...10_000_000) throws(FlagRefusal) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw FlagRefusal(description: "must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }

    private static func bool(_ text: String) throws(FlagRefusal) -> Bool {
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw FlagRefusal(description: "must be 'true' or 'false', not '\(text)'")
        }
    }

    /// In nanoseconds: a number with one of Mesos's units, as in `10secs` or `1.5mins`.
    static func duration(_ text: String) throws(FlagRefusal) -> Int64 {
        let units: [(name: String, seconds: Double)] = [
            ("weeks", 604_800), ("days", 86_400), ("hrs", 3600), ("mins", 60), ("secs", 1), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.name) }), let number = Double(text.dropLast(unit.name.utf8.count)),
            number >= 0, number.isFinite, let nanoseconds = Int64(secondsClamped: number * unit.seconds)
        else { throw FlagRefusal(description: "must be a duration like '10secs' or '15mins', not '\(text)'") }
        return nanoseconds
    }

    /// In nanoseconds, what lies between two of so many in a time, as in `1/10mins`.
    private static func pause(rate text: String) throws(FlagRefusal) -> Int64 {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int64(parts[0]), count > 0, let time = try? duration(String(parts[1])), time > 0 else {
            throw FlagRefusal(description: "must be a number of agents in a duration, like '1/10mins', not '\(text)'")
        }
        return max(1, time / count)
    }

    private static func list(_ text: String) -> [String] { text.split(separator: ",").map { String($0.trimmingPrefix { $0 == " " }) } }

    private static func roles(_ text: String) throws(FlagRefusal) -> [String] {
        let roles = list(text)
        for role in roles { if let refusal = Role.refusal(of: role) { throw FlagRefusal(description: "has an invalid role: \(refusal)") } }
        return roles
    }

    /// `role=weight,role=weight`.
    private static func weights(_ text: String) throws(FlagRefusal) -> [Kernel.RoleWeight] {
        var weights: [Kernel.RoleWeight] = []
        for entry in list(text) {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, Role.refusal(of: String(parts[0])) == nil, let weight = Scalar(text: parts[1]), weight.thousandths > 0 else {
                throw FlagRefusal(description: "must be like 'role=2.5,other=1', with weights above zero, not '\(text)'")
            }
            weights.append(Kernel.RoleWeight(role: String(parts[0]), weight: UInt64(weight.thousandths)))
        }
        return weights
    }

    /// `cpus:0.01|mem:32`: what contains one of these is offered.
    private static func minimum(_ text: String) throws(FlagRefusal) -> [Quantities] {
        var minimum: [Quantities] = []
        for entry in text.split(separator: "|") {
            var amounts: [(String, Scalar)] = []
            for part in entry.split(separator: ";") {
                let sides = part.split(separator: ":", maxSplits: 1)
                guard sides.count == 2, let amount = Scalar(text: sides[1]) else {
                    throw FlagRefusal(description: "must be like 'cpus:0.01|mem:32', not '\(text)'")
                }
                amounts.append((String(sides[0]), amount))
            }
            minimum.append(Quantities(amounts))
        }
        return minimum
    }

    /// The region of a DomainInfo, in JSON or in a file that holds it.
    private static func region(_ text: String) throws(FlagRefusal) -> String? {
        var json = Array(text.utf8)
        for prefix in ["file://", "/"] where text.hasPrefix(prefix) {
            let path = prefix == "/" ? text : String(text.dropFirst(prefix.count))
            guard let data = FileManager.default.contents(atPath: path) else {
                throw FlagRefusal(description: "names a file that can't be read: \(path)")
            }
            json = [UInt8](data)
            break
        }
        guard let bytes = try? MesosJSON.decode(json, as: MessageTypes.domain), let domain = try? Mesos_V1_DomainInfo(serializedBytes: bytes) else {
            throw FlagRefusal(description: "must be a DomainInfo in JSON, not '\(text)'")
        }
        return domain.faultDomain.hasRegion ? domain.faultDomain.region.name : nil
    }
}
