import FrameworkCore
import Machine
import MesosAPI

extension Services {
    /// Messages longer than this are cut, in characters.
    private static let longestMessage = 10_000

    /// A task's state, from its executor or as an answer to a reconciliation.
    mutating func updated(_ status: Mesos_V1_TaskStatus) {
        counters.updates[status.state.text, default: 0] += 1
        if let id = TaskID(status.taskID.value), let instance = id.instance, let handle = instanceHandles[instance.uuid],
            instances[handle].id == instance, instances[handle].task?.id == id
        {
            apply(status, to: handle)
        } else {
            unknown(status)
        }
        // Behind the store of this input, since the master forgets what has been acknowledged.
        if let call = Calls.acknowledge(status) { output.effects.append(.call(call)) }
    }

    /// Of a task that isn't, or is no longer, one of ours.
    private mutating func unknown(_ status: Mesos_V1_TaskStatus) {
        let condition = Condition(status)
        if condition.isTerminal {
            guard let instance = TaskID(status.taskID.value)?.instance else { return }
            emit(.unknownInstanceTerminated(instance, condition))
        } else if condition != .unreachable {
            output.effects.append(.call(Calls.kill(status.taskID.value, on: status.hasAgentID ? status.agentID.value : nil)))
        }
    }

    private mutating func apply(_ status: Mesos_V1_TaskStatus, to handle: Handle<Instance>) {
        let condition = Condition(status)
        take(addresses: status, handle)
        tell(of: status, instances[handle])
        switch condition {
        case .unreachable: becameUnreachable(handle, status)
        case _ where condition.isTerminal: ended(handle, condition, status)
        case .staging, .starting, .running, .killing: progressed(handle, condition, status)
        default: break
        }
    }

    private mutating func tell(of status: Mesos_V1_TaskStatus, _ instance: Instance) {
        guard let task = instance.task else { return }
        emit(
            .statusUpdate(
                .init(
                    agentID: instance.agent?.id ?? status.agentID.value, taskID: task.id.description, state: status.state.text,
                    message: String(status.message.prefix(Self.longestMessage)), app: instance.app, host: instance.agent?.host ?? "",
                    addresses: task.addresses, ports: task.hostPorts.compactMap { $0 }, version: instance.definition.app.version)))
    }

    private mutating func take(addresses status: Mesos_V1_TaskStatus, _ handle: Handle<Instance>) {
        let addresses = status.containerStatus.networkInfos.flatMap(\.ipAddresses).compactMap { address -> LaunchedTask.Address? in
            guard address.hasIpAddress else { return nil }
            return .init(text: address.ipAddress, kind: address.protocol == .ipv6 ? "IPv6" : "IPv4")
        }
        guard !addresses.isEmpty, instances[handle].task?.addresses != addresses else { return }
        change(handle) { $0.task?.addresses = addresses }
    }

    // MARK: Progress

    private mutating func progressed(_ handle: Handle<Instance>, _ condition: Condition, _ status: Mesos_V1_TaskStatus) {
        let before = instances[handle].condition
        // Late news: a reconciliation may report STAGING of what has been seen running.
        let isBack = before == .unreachable || before == .unreachableInactive
        guard isBack || condition.rawValue >= before.rawValue else { return }
        let hasLaunched = before != .running && condition == .running
        if before != condition || hasLaunched {
            let time = timestamp
            change(handle) { instance in
                instance.condition = condition
                instance.unreachableSince = nil
                if condition == .running {
                    instance.launchDeadline = nil
                    if instance.task?.startedAt == nil { instance.task?.startedAt = time }
                }
            }
            if let app = appHandles[instances[handle].app] { advanceBackoff(app) }
        }
        if condition == .staging || condition == .starting, before == .provisioned {
            let deadline = now.monotonic.saturatingAdd(configuration.launchTimeout)
            instances[handle].launchDeadline = deadline
            timers.set(.launch(handle), at: deadline)
        }
        takeCheckResult(status, handle)
        if status.hasHealthy { reported(handle, isHealthy: status.healthy) }
        if hasLaunched { beganToRun(handle) }
    }

    private mutating func takeCheckResult(_ status: Mesos_V1_TaskStatus, _ handle: Handle<Instance>) {
        guard status.hasCheckStatus else { return }
        let check = status.checkStatus
        let result: LaunchedTask.CheckResult?
        switch check.type {
        case .http: result = check.http.hasStatusCode ? .http(status: check.http.statusCode) : nil
        case .tcp: result = check.tcp.hasSucceeded ? .tcp(succeeded: check.tcp.succeeded) : nil
        case .command: result = check.command.hasExitCode ? .command(exitCode: check.command.exitCode) : nil
        case .unknown: result = nil
        }
        if let result, instances[handle].task?.checkResult != result { change(handle) { $0.task?.checkResult = result } }
    }

    // MARK: Ends

    private mutating func ended(_ handle: Handle<Instance>, _ condition: Condition, _ status: Mesos_V1_TaskStatus) {
        let instance = instances[handle]
        noteFailure(of: instance, condition, status)
        let app = appHandles[instance.app]
        if condition.addsDelay, instance.goal == .running, let app {
            // Drained agents kill what was well.
            if status.reason != .agentDraining { backOff(app) }
        } else if status.reason == .agentDraining, let app {
            resetBackoff(app)
        }
        change(handle) { $0.condition = condition }
        if instance.goal == .running, let app, apps[app].definition != nil, !isGivenUp(instance, app) {
            reschedule(handle, app)
        } else {
            expunge(handle)
        }
    }

    /// Whether a deployment replaces the instance by one of another version anyway.
    private func isGivenUp(_ instance: Instance, _ app: Handle<App>) -> Bool {
        guard let lock = apps[app].lock, let deployment = deployments.first(where: { $0.id == lock }) else { return false }
        for (action, progress) in zip(deployment.currentActions, deployment.progress) where action.app == instance.app {
            if case .replacing = progress { return instance.definition != apps[app].definition }
        }
        return false
    }

    /// The same instance is to be launched once more.
    private mutating func reschedule(_ handle: Handle<Instance>, _ app: Handle<App>) {
        guard let definition = apps[app].definition else { return }
        change(handle) { instance in
            instance.definition = definition
            instance.condition = .scheduled
            instance.agent = nil
            instance.task = nil
            instance.activeSince = nil
            instance.resetChecks()
            instance.unreachableSince = nil
            instance.killAgainAt = nil
            instance.killReason = nil
            instance.launchDeadline = nil
        }
    }

    private mutating func noteFailure(of instance: Instance, _ condition: Condition, _ status: Mesos_V1_TaskStatus) {
        guard condition.isFailure || instance.killReason != nil, let app = appHandles[instance.app], let task = instance.task else { return }
        let message = instance.killReason.map { "Task was killed since health check failed. Reason: \($0)" } ?? status.message
        let failure = TaskFailure(
            app: instance.app, taskID: task.id.description, state: status.state.text, message: String(message.prefix(Self.longestMessage)),
            host: instance.agent?.host ?? "", agentID: instance.agent?.id, version: instance.definition.app.version, timestamp: timestamp)
        apps[app].lastFailure = failure
        put("failures", failure.app.description, failure.stored)
    }

    // MARK: Unreachable agents

    private mutating func becameUnreachable(_ handle: Handle<Instance>, _ status: Mesos_V1_TaskStatus) {
        let instance = instances[handle]
        guard instance.condition != .unreachable, instance.condition != .unreachableInactive else { return }
        let since = status.hasUnreachableTime ? Timestamp(wall: status.unreachableTime.nanoseconds) : timestamp
        change(handle) { instance in
            instance.condition = .unreachable
            instance.unreachableSince = since
        }
        if instance.goal != .running { return expunge(handle) }
        unreachableIsDue(handle)
    }

    /// Replaces or forgets what has been unreachable for long enough, and waits for the rest.
    mutating func unreachableIsDue(_ handle: Handle<Instance>) {
        guard instances.contains(handle), let since = instances[handle].unreachableSince,
            case .enabled(let inactiveAfter, let expungeAfter) = instances[handle].definition.app.unreachableStrategy
        else { return }
        let elapsed = max(0, timestamp.milliseconds - since.milliseconds).saturatingMultiply(.millisecond)
        let (inactive, end) = (inactiveAfter.saturatingMultiply(.second), expungeAfter.saturatingMultiply(.second))
        switch instances[handle].condition {
        case .unreachable where elapsed >= end, .unreachableInactive where elapsed >= end:
            expunge(handle)
        case .unreachable where elapsed >= inactive:
            change(handle) { $0.condition = .unreachableInactive }
            timers.set(.unreachable(handle), at: now.monotonic.saturatingAdd(end - elapsed))
        case .unreachable:
            timers.set(.unreachable(handle), at: now.monotonic.saturatingAdd(inactive - elapsed))
        case .unreachableInactive:
            timers.set(.unreachable(handle), at: now.monotonic.saturatingAdd(end - elapsed))
        default: break
        }
    }
}

extension TaskFailure {
    private static let format: UInt64 = 1

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        for text in [taskID, state, message, host] { writer.put(text) }
        writer.put(agentID)
        writer.put(version.milliseconds)
        writer.put(timestamp.milliseconds)
        return writer.bytes
    }

    init(app: PathID, stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a failure of another format") }
        self.init(
            app: app, taskID: try reader.string(), state: try reader.string(), message: try reader.string(), host: try reader.string(),
            agentID: try reader.optionalString(), version: Timestamp(milliseconds: try reader.int64()),
            timestamp: Timestamp(milliseconds: try reader.int64()))
    }
}
