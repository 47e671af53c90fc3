import AgentCore
import Foundation
import JSON
import Machine
import MesosAPI
import Resources

/// The agent's metrics under Mesos's names, and in the form that Prometheus reads.
/// Specified by Mesos 1.11 docs/monitoring.md.
struct MetricsReport {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var values: [(name: String, value: Double)] = []

    init(_ snapshot: AgentSnapshot, _ api: AgentAPI) {
        add("slave/uptime_secs", Date().timeIntervalSince1970 - api.ground.startTime)
        add("slave/registered", snapshot.link.isUp ? 1 : 0)
        add("slave/recovery_errors", 0)
        add("slave/frameworks_active", Double(snapshot.frameworks.count))
        add("slave/executor_directory_max_allowed_age_secs", api.settings.sandboxDelay)
        add("slave/container_launch_errors", Double(snapshot.tally.launchErrors))
        add("slave/invalid_status_updates", 0)
        add("slave/agora/registrations", Double(snapshot.tally.registrations))
        add("slave/agora/invalid_acknowledgements", Double(snapshot.tally.invalidAcknowledgements))
        add("slave/agora/launcher_restarts", Double(api.crew.launcher.restarts))
        add("gc/path_removals_succeeded", Double(snapshot.tally.removedSandboxes))
        add("gc/path_removals_failed", 0)
        add("gc/path_removals_pending", Double(snapshot.sandboxCount))
        add("containerizer/mesos/container_destroy_errors", 0)
        tasks(snapshot)
        resources(snapshot, api)
        for (name, value) in SystemReport.values(api.ground.facts) { add("system/" + name.replacing("avg_load", with: "load"), value) }
        values.sort { $0.name < $1.name }
    }

    private mutating func add(_ name: String, _ value: Double) { values.append((name, value)) }

    private mutating func tasks(_ snapshot: AgentSnapshot) {
        var now = [Int](repeating: 0, count: 16)
        var executors = 0
        snapshot.tasks.forEach { _, task in
            guard task.phase != .ended else { return }
            now[min(15, task.state.rawValue)] += 1
            if task.phase == .running { executors += 1 }
        }
        for state in [Mesos_V1_TaskState.taskStaging, .taskStarting, .taskRunning, .taskKilling] {
            add("slave/tasks_\(Self.name(state))", Double(now[state.rawValue]))
        }
        for state in [Mesos_V1_TaskState.taskFinished, .taskFailed, .taskKilled, .taskLost, .taskGone, .taskDropped, .taskError] {
            add("slave/tasks_\(Self.name(state))", Double(snapshot.tally.ended[state.rawValue]))
        }
        add("slave/executors_registering", 0)
        add("slave/executors_running", Double(executors))
        add("slave/executors_terminating", Double(now[Mesos_V1_TaskState.taskKilling.rawValue]))
        add("slave/executors_terminated", Double(snapshot.tally.ended.reduce(0, +)))
        add("slave/executors_preempted", 0)
        add("slave/valid_status_updates", Double(snapshot.tally.ended.reduce(0, +)))
    }

    private static func name(_ state: Mesos_V1_TaskState) -> String { String(state.mesosName.dropFirst("TASK_".count)).lowercased() }

    private mutating func resources(_ snapshot: AgentSnapshot, _ api: AgentAPI) {
        let total = (try? Resources(api.ground.resources)) ?? []
        var used = Resources()
        for (phase, task) in snapshot.views where phase != .ended { used += task.resources }
        for name in ["cpus", "gpus", "mem", "disk"] {
            let all = total.scalar(name).double, part = used.scalar(name).double
            add("slave/\(name)_total", all)
            add("slave/\(name)_used", part)
            add("slave/\(name)_percent", all > 0 ? part / all : 0)
            for kind in ["total", "used", "percent"] { add("slave/\(name)_revocable_\(kind)", 0) }
        }
    }

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in values {
            writer.key(name)
            writer.double(value)
        }
        writer.endObject()
        return writer.bytes
    }

    func prometheus() -> [UInt8] {
        var text = ""
        for (name, value) in values {
            let plain = "mesos_" + String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            text += "# TYPE \(plain) gauge\n\(plain) \(value)\n"
        }
        return Array(text.utf8)
    }
}
