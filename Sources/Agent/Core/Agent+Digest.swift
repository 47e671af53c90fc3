internal import Machine
internal import MesosAPI
internal import OrderedCollections

extension Agent {
    package var digest: UInt64 {
        var digest = Digest()
        digest.combine(agentID ?? "")
        digest.combine(epoch)
        digest.combine(UInt64(link.number))
        digest.combine(link.isUp)
        random.add(to: &digest)
        tasks.forEach { _, task in
            digest.combine(task.container)
            digest.combine(UInt64(task.phase.rawValue))
            digest.combine(task.state.rawValue)
            digest.combine(task.stream.queue.count)
            digest.combine(task.stream.retryAt ?? -1)
            digest.combine(task.kill?.forceAt ?? -1)
            digest.combine(task.completionAt ?? -1)
            digest.combine(task.health?.schedule.nextAt ?? -1)
            digest.combine(task.info)
        }
        frameworks.forEach { _, framework in
            digest.combine(framework.id)
            digest.combine(framework.taskCount)
            digest.combine(framework.completed.count)
        }
        for (container, sandbox) in sandboxes {
            digest.combine(container)
            digest.combine(sandbox.ended)
        }
        return digest.value
    }

    package func checkInvariants() {
        var counts: [Handle<Framework>: Int] = [:]
        tasks.forEach { handle, task in
            counts[task.framework, default: 0] += 1
            precondition(frameworks.contains(task.framework), "a task has its framework")
            precondition(byContainer[task.container] == handle, "a task is found by its container")
            precondition(
                byName[TaskName(framework: frameworks[task.framework].id, task: task.id)] == handle, "a task is found by its name")
            precondition((task.phase == .ended) == task.stream.hasEnded, "a task has ended with its last update")
            precondition(task.phase != .running || task.pid != 0 || task.started != 0, "a running task was started")
            precondition(link.isUp || task.stream.retryAt == nil, "nothing is resent without a master")
            precondition(task.kill?.forceAt == nil || task.phase == .running, "only what runs is killed by force")
        }
        precondition(byContainer.count == tasks.count && byName.count == tasks.count, "no name without a task")
        frameworks.forEach { handle, framework in
            precondition(counts[handle, default: 0] == framework.taskCount, "a framework's tasks are counted")
            precondition(byFramework[framework.id] == handle, "a framework is found by its id")
        }
        precondition(byFramework.count == frameworks.count, "no id without a framework")
        precondition(completedFrameworks.count <= Self.completedFrameworkLimit, "few frameworks are remembered")
    }
}
