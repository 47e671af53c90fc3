import Foundation
import Glibc
import JSON
import Machine
import MasterCore
import MesosAPI
import Resources

/// The master's metrics under Mesos's names, and in the form that Prometheus reads.
/// Specified by Mesos 1.11 docs/monitoring.md.
struct MetricsReport {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var values: [(name: String, value: Double)] = []

    init(_ snapshot: Snapshot, _ master: Master) {
        add("master/uptime_secs", Date().timeIntervalSince1970 - master.startTime)
        add("master/elected", 1.0)
        agents(snapshot)
        frameworks(snapshot)
        add("master/outstanding_offers", snapshot.offers.count)
        add("master/operator_event_stream_subscribers", snapshot.observers)
        tasks(snapshot.metrics)
        messages(snapshot.metrics)
        resources(snapshot)
        add("allocator/mesos/allocation_runs", snapshot.metrics.allocationRuns)
        system()
        values.sort { $0.name < $1.name }
    }

    private mutating func add(_ name: String, _ value: Double) { values.append((name, value)) }
    private mutating func add(_ name: String, _ value: Int) { add(name, Double(value)) }
    private mutating func add(_ name: String, _ value: UInt64) { add(name, Double(value)) }

    private mutating func agents(_ snapshot: Snapshot) {
        var (connected, disconnected, active) = (0, 0, 0)
        snapshot.agents.forEach { _, agent in
            if agent.isRecovered { return }
            if agent.link == nil { disconnected += 1 } else { connected += 1 }
            if agent.isActive { active += 1 }
        }
        add("master/slaves_connected", connected)
        add("master/slaves_disconnected", disconnected)
        add("master/slaves_active", active)
        add("master/slaves_inactive", connected + disconnected - active)
        add("master/slaves_unreachable", snapshot.unreachableAgents)
        add("master/slave_registrations", snapshot.metrics.agentRegistrations)
        add("master/slave_reregistrations", snapshot.metrics.agentReregistrations)
        add("master/slave_removals", snapshot.metrics.agentRemovals + snapshot.metrics.agentsUnreachable)
        add("master/slave_removals/reason_unhealthy", snapshot.metrics.agentsUnreachable)
        add("master/slave_removals/reason_unregistered", snapshot.metrics.agentRemovals)
        add("master/slave_unreachable_completed", snapshot.metrics.agentsUnreachable)
    }

    private mutating func frameworks(_ snapshot: Snapshot) {
        var (connected, disconnected) = (0, 0)
        snapshot.frameworks.forEach { _, framework in
            if framework.isCompleted { return }
            if framework.isConnected { connected += 1 } else { disconnected += 1 }
            let prefix = "master/frameworks/\(Self.escape(framework.spec.name)).\(framework.id)/"
            add(prefix + "subscribed", framework.isConnected ? 1 : 0)
            add(prefix + "calls", framework.counts.calls)
            add(prefix + "events", framework.counts.events)
            add(prefix + "offers/sent", framework.counts.offersSent)
            add(prefix + "offers/accepted", framework.counts.offersAccepted)
            add(prefix + "offers/declined", framework.counts.offersDeclined)
            add(prefix + "offers/rescinded", framework.counts.offersRescinded)
        }
        add("master/frameworks_connected", connected)
        add("master/frameworks_disconnected", disconnected)
        add("master/frameworks_active", connected)
        add("master/frameworks_inactive", disconnected)
    }

    private mutating func tasks(_ metrics: Metrics) {
        for state in TaskState.allCases where state != .taskUnknown {
            add("master/tasks_" + state.name.dropFirst(5).lowercased(), Double(metrics.tasks(state)))
        }
        for (end, count) in metrics.ends {
            let state = end.state.name.lowercased()
            add("master/\(state)/source_\(Self.name(of: end.source))/reason_\(Self.name(of: end.reason))", count)
        }
    }

    private mutating func messages(_ metrics: Metrics) {
        let counts: [(String, UInt64)] = [
            ("register_framework", metrics.subscribes - min(metrics.subscribes, metrics.resubscribes)),
            ("reregister_framework", metrics.resubscribes), ("launch_tasks", metrics.accepts), ("decline_offers", metrics.declines),
            ("revive_offers", metrics.revives), ("suppress_offers", metrics.suppresses), ("kill_task", metrics.kills),
            ("status_update_acknowledgement", metrics.acknowledgements), ("reconcile_tasks", metrics.reconciliations),
            ("resource_request", metrics.requests), ("framework_to_executor", metrics.frameworkMessages),
            ("executor_to_framework", metrics.executorMessages), ("status_update", metrics.validUpdates + metrics.invalidUpdates),
            ("register_slave", metrics.agentRegistrations), ("reregister_slave", metrics.agentReregistrations)
        ]
        for (name, count) in counts { add("master/messages_" + name, count) }
        add("master/valid_status_updates", metrics.validUpdates)
        add("master/invalid_status_updates", metrics.invalidUpdates)
        add("master/tasks_launched", metrics.launches)
    }

    private mutating func resources(_ snapshot: Snapshot) {
        var (total, used) = (Resources(), Resources())
        snapshot.agents.forEach { _, agent in
            guard !agent.isRecovered else { return }
            total.add(agent.total)
            for executor in agent.executors { used.add(executor.spec.resources) }
        }
        snapshot.tasks.forEach { _, task in if task.holdsResources { used.add(task.resources) } }
        for suffix in ["", "revocable_"] {
            let all = suffix.isEmpty ? total.nonRevocable : total.revocable
            let taken = suffix.isEmpty ? used.nonRevocable : used.revocable
            for name in ["cpus", "gpus", "mem", "disk"] {
                let (have, use) = (all.scalar(name).double, taken.scalar(name).double)
                add("master/\(name)_\(suffix)total", have)
                add("master/\(name)_\(suffix)used", use)
                add("master/\(name)_\(suffix)percent", have > 0 ? use / have : 0)
            }
        }
    }

    private mutating func system() {
        add("system/cpus_total", Double(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var loads = [Double](repeating: 0, count: 3)
        guard getloadavg(&loads, 3) == 3 else { return }
        add("system/load_1min", loads[0])
        add("system/load_5min", loads[1])
        add("system/load_15min", loads[2])
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in values {
            writer.key(name)
            writer.double(value)
        }
        writer.endObject()
        return writer.takeBytes()
    }

    /// `master/slaves_active` is `agora_master_slaves_active`; what is said of one framework has the framework's id as a label.
    func prometheus() -> [UInt8] {
        var lines = ""
        for (name, value) in values {
            var (metric, labels) = (name, "")
            if name.hasPrefix("master/frameworks/") {
                let parts = name.split(separator: "/", maxSplits: 3)
                if parts.count == 4 {
                    metric = "master/framework_\(parts[3])"
                    let id = parts[2].split(separator: ".", maxSplits: 1).last ?? ""
                    labels = "{framework=\"\(id)\"}"
                }
            }
            let legal = metric.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            lines += "agora_\(String(legal))\(labels) \(value)\n"
        }
        return Array(lines.utf8)
    }

    private static func escape(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static func name(of source: Mesos_V1_TaskStatus.Source) -> String {
        switch source {
        case .master: "master"
        case .agent: "slave"
        case .executor: "executor"
        }
    }

    /// `taskHealthCheckStatusUpdated` is `task_health_check_status_updated`.
    private static func name(of reason: StatusReason) -> String {
        var name = ""
        for character in "\(reason)" { name += character.isUppercase ? "_" + character.lowercased() : String(character) }
        return name
    }
}
