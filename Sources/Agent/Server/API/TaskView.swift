import AgentCore
import Machine
import MesosAPI
import Resources
import SwiftProtobuf

/// A task as the API shows it: what the books hold, read. Its executor is the command executor that the originals would have run.
struct TaskView {
    let frameworkID: String
    let info: Mesos_V1_TaskInfo
    let status: Mesos_V1_TaskStatus?
    let state: Mesos_V1_TaskState
    let container: String
    let user: String
    let pid: UInt32

    init?(_ task: borrowing AgentTask, in snapshot: AgentSnapshot) {
        guard !task.isGhost else { return nil }
        let framework = snapshot.frameworks[task.framework]
        self.init(
            framework.id, info: task.info, status: task.stream.latest?.status ?? [], state: task.state, container: task.container,
            user: framework.user, pid: task.pid)
    }

    init?(_ task: CompletedTask, of framework: Framework) {
        self.init(
            framework.id, info: task.info, status: task.status, state: task.state, container: task.container, user: framework.user, pid: 0)
    }

    private init?(_ frameworkID: String, info: [UInt8], status: [UInt8], state: Mesos_V1_TaskState, container: String, user: String, pid: UInt32) {
        guard let info = try? Mesos_V1_TaskInfo(serializedBytes: info, partial: true) else { return nil }
        self.frameworkID = frameworkID
        self.info = info
        self.status = status.isEmpty ? nil : try? Mesos_V1_TaskStatus(serializedBytes: status, partial: true)
        self.state = state
        self.container = container
        self.user = info.command.hasUser && !info.command.user.isEmpty ? info.command.user : user
        self.pid = pid
    }

    var resources: Resources { (try? Resources(info.resources)) ?? [] }
    var role: String { info.resources.first { $0.allocationInfo.hasRole }?.allocationInfo.role ?? "*" }

    /// As the originals name the executor that they make for a command.
    var executorName: String {
        let command: String
        if info.command.shell {
            let value = info.command.value
            command = "sh -c '\(value.count > 15 ? value.prefix(12) + "..." : value[...])'"
        } else {
            command = "[\(([info.command.value] + info.command.arguments).joined(separator: ", "))]"
        }
        return "Command Executor (Task: \(info.taskID.value)) (Command: \(command))"
    }

    var executorInfo: Mesos_V1_ExecutorInfo {
        var executor = Mesos_V1_ExecutorInfo()
        executor.executorID.value = info.taskID.value
        executor.frameworkID.value = frameworkID
        executor.name = executorName
        executor.source = info.taskID.value
        executor.command = info.command
        if info.hasContainer { executor.container = info.container }
        if info.hasLabels { executor.labels = info.labels }
        if info.hasDiscovery { executor.discovery = info.discovery }
        return executor
    }

    /// As the versioned API shows it.
    var task: Mesos_V1_Task {
        var task = Mesos_V1_Task()
        task.name = info.name
        task.taskID = info.taskID
        task.frameworkID.value = frameworkID
        task.executorID.value = info.taskID.value
        task.agentID = info.agentID
        task.state = state
        task.resources = info.resources
        if let status { task.statuses = [status] }
        task.statusUpdateState = state
        if let status { task.statusUpdateUuid = status.uuid }
        if info.hasLabels { task.labels = info.labels }
        if info.hasDiscovery { task.discovery = info.discovery }
        if info.hasContainer { task.container = info.container }
        if info.hasHealthCheck { task.healthCheck = info.healthCheck }
        if info.hasKillPolicy { task.killPolicy = info.killPolicy }
        task.user = user
        task.limits = info.limits
        return task
    }
}

extension AgentSnapshot {
    func frameworkInfo(_ framework: Framework) -> Mesos_V1_FrameworkInfo {
        (try? Mesos_V1_FrameworkInfo(serializedBytes: framework.info, partial: true)) ?? Mesos_V1_FrameworkInfo()
    }

    /// The tasks that are here, in the order of their coming.
    var views: [(phase: AgentTask.Phase, task: TaskView)] {
        var result: [(AgentTask.Phase, TaskView)] = []
        tasks.forEach { _, task in if let view = TaskView(task, in: self) { result.append((task.phase, view)) } }
        return result
    }

    var activeFrameworks: [Framework] {
        var result: [Framework] = []
        frameworks.forEach { _, framework in result.append(framework) }
        return result
    }
}
