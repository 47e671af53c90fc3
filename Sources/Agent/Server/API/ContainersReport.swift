import AgentCore
import AgoraAPI
import JSON
import MesosAPI
import NIOHTTP1
import Resources
import SwiftProtobuf
import Transport

/// `GET /containers` and `GET /monitor/statistics`: what runs, and what it uses.
/// Specified by Mesos 1.11 docs/endpoints/slave/containers.md and docs/endpoints/monitor/statistics.md.
struct ContainersReport {
    let api: AgentAPI

    /// A running container with its use; nil where the launcher could not tell.
    struct Entry {
        let task: TaskView
        let statistics: Mesos_V1_ResourceStatistics?
    }

    func respond(to call: Call, _ path: String) async throws -> Reply {
        guard call.isRead else { return Replies.methodNotAllowed("GET", call) }
        guard let snapshot = await api.snapshot() else { return Replies.busy }
        guard path == "containers" else { return JSONP.reply(to: call, statistics(await entries(snapshot) { _ in true })) }
        let container = call.query["container_id"], framework = call.query["framework_id"], executor = call.query["executor_id"]
        let isFine = (container == nil || framework == nil && executor == nil) && (executor == nil || framework != nil)
        guard isFine else {
            return Replies.badRequest("Supported query parameters are container_id only, framework_id only, or executor_id and framework_id only")
        }
        let entries = await entries(snapshot) { task in
            (container == nil || task.container == container) && (framework == nil || task.frameworkID == framework)
                && (executor == nil || task.info.taskID.value == executor)
        }
        return JSONP.reply(to: call, containers(entries))
    }

    /// Asks the launcher about all of them at once.
    func entries(_ snapshot: AgentSnapshot, where isWanted: (TaskView) -> Bool) async -> [Entry] {
        let running = snapshot.views.filter { $0.phase == .running && isWanted($0.task) }.map(\.task)
        let launcher = api.crew.launcher
        let used = await withTaskGroup(of: (Int, Mesos_V1_ResourceStatistics?).self) { group in
            for (index, task) in running.enumerated() {
                group.addTask { (index, await Self.statistics(of: task.container, launcher)) }
            }
            var used = [Mesos_V1_ResourceStatistics?](repeating: nil, count: running.count)
            for await (index, statistics) in group { used[index] = statistics }
            return used
        }
        return zip(running, used).map { Entry(task: $0, statistics: $1?.with($0)) }
    }

    private static func statistics(of container: String, _ launcher: LauncherClient) async -> Mesos_V1_ResourceStatistics? {
        let reply = await launcher.request(.usage(.with { $0.containerID = container }))
        guard case .answer(let answer) = reply, case .used(let used) = answer.result else { return nil }
        return Mesos_V1_ResourceStatistics(used)
    }

    private func statistics(_ entries: [Entry]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            guard let statistics = entry.statistics else { continue }
            writer.beginObject()
            names(entry, &writer)
            writer.member("statistics", message: statistics)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    private func containers(_ entries: [Entry]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            writer.beginObject()
            writer.member("container_id", entry.task.container)
            names(entry, &writer)
            if let status = entry.task.status?.containerStatus { writer.member("status", message: status) }
            if let statistics = entry.statistics { writer.member("statistics", message: statistics) }
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    private func names(_ entry: Entry, _ writer: inout JSONWriter) {
        writer.member("executor_id", entry.task.info.taskID.value)
        writer.member("executor_name", entry.task.executorName)
        writer.member("framework_id", entry.task.frameworkID)
        writer.member("source", entry.task.info.taskID.value)
    }
}

extension Mesos_V1_ResourceStatistics {
    init(_ used: Agora_V1_LauncherRecord.Used) {
        self.init()
        timestamp = Double(used.atUs) / 1_000_000
        if used.hasCpuUserUs { cpusUserTimeSecs = Double(used.cpuUserUs) / 1_000_000 }
        if used.hasCpuSystemUs { cpusSystemTimeSecs = Double(used.cpuSystemUs) / 1_000_000 }
        if used.hasCpuPeriods { cpusNrPeriods = UInt32(clamping: used.cpuPeriods) }
        if used.hasCpuThrottledPeriods { cpusNrThrottled = UInt32(clamping: used.cpuThrottledPeriods) }
        if used.hasCpuThrottledUs { cpusThrottledTimeSecs = Double(used.cpuThrottledUs) / 1_000_000 }
        if used.hasMemoryBytes { memTotalBytes = used.memoryBytes }
        if used.hasMemoryLimitBytes { memLimitBytes = used.memoryLimitBytes }
        if used.hasMemoryAnonymousBytes {
            memAnonBytes = used.memoryAnonymousBytes
            memRssBytes = used.memoryAnonymousBytes
        }
        if used.hasMemoryFileBytes {
            memFileBytes = used.memoryFileBytes
            memCacheBytes = used.memoryFileBytes
        }
        if used.hasProcesses { processes = UInt32(clamping: used.processes) }
        if used.hasThreads { threads = UInt32(clamping: used.threads) }
    }

    /// With the CPUs that the task asked for.
    func with(_ task: TaskView) -> Mesos_V1_ResourceStatistics {
        var result = self
        result.cpusLimit = task.resources.scalar("cpus").double
        return result
    }
}
