internal import AgoraAPI
internal import Machine
package import MesosAPI
internal import SwiftProtobuf

// The connection to the master: dialling, subscribing, and what the master says. See docs/architecture.md, "The agent link".

extension Agent {
    static let protocolVersion: UInt32 = 1
    /// The first attempt after a loss comes after up to this; the next ones after twice the time, up to `longestPause`: with an attempt's own
    /// two seconds, an agent is back within five of the network. In nanoseconds.
    static let shortestPause = 100 * Int64.millisecond
    static let longestPause = 2_500 * Int64.millisecond
    /// How long a master may take to answer a subscription, in nanoseconds.
    static let subscriptionLimit = 15 * Int64.second

    /// Dials when a random part of the pause is over, so that the agents of a lost master don't come back all at once.
    mutating func dialLater(_ now: Moment) {
        var pause = Self.shortestPause
        for _ in 0..<min(link.failures, 10) { pause = min(pause * 2, Self.longestPause) }
        let time = now.monotonic.saturatingAdd(pause / 2 + random.below(pause / 2))
        link.state = .down(dialAt: time)
        deadlines.add(time, .link)
    }

    mutating func dial(_ effects: inout [Effect]) {
        link.number += 1
        link.state = .opening(link.number)
        effects.append(.connect(link: link.number))
    }

    mutating func linkTimer(_ now: Moment, _ effects: inout [Effect]) {
        switch link.state {
        case .down: dial(&effects)
        case .subscribing: breakLink("the master did not answer the subscription", now, &effects)
        case .idle, .opening, .up: break
        }
    }

    mutating func linkOpened(_ number: UInt64, _ now: Moment, _ effects: inout [Effect]) {
        guard case .opening(number) = link.state else {
            effects.append(.disconnect(link: number, reason: "not wanted any more"))
            return
        }
        let until = now.monotonic.saturatingAdd(Self.subscriptionLimit)
        link.state = .subscribing(number, until: until)
        deadlines.add(until, .link)
        var record = Agora_V1_AgentRecord()
        record.subscribe = subscription()
        effects.append(.send(link: number, record))
    }

    mutating func linkClosed(_ number: UInt64, _ reason: String, _ now: Moment, _ effects: inout [Effect]) {
        switch link.state {
        case .opening(number), .subscribing(number, _), .up(number, _): loseLink(reason, now, &effects)
        default: break
        }
    }

    private mutating func breakLink(_ reason: String, patience: UInt32 = 0, _ now: Moment, _ effects: inout [Effect]) {
        effects.append(.disconnect(link: link.number, reason: reason))
        loseLink(reason, patience: patience, now, &effects)
    }

    /// - Parameter patience: the pause is at least as long as after so many failures.
    private mutating func loseLink(_ reason: String, patience: UInt32 = 0, _ now: Moment, _ effects: inout [Effect]) {
        if link.isUp || link.lastFailure != reason {
            effects.append(.note(Note(.warning, "no connection to the master", ("reason", reason))))
        }
        let wasUp = link.isUp
        link.failures = max(patience, wasUp ? 0 : (link.failures == .max ? .max : link.failures + 1))
        link.lastFailure = reason
        dialLater(now)
        if wasUp { tellStreams(now, &effects) }
    }

    /// Lets each task's updates flow, or rest.
    mutating func tellStreams(_ now: Moment, _ effects: inout [Effect]) {
        for handle in tasks.handles where tasks.contains(handle) {
            perform(tasks[handle].stream.link(link.isUp, at: now.monotonic), handle, now, &effects)
        }
    }

    /// Sends a record if the link is up; what must not be lost is sent again by whoever keeps it.
    mutating func send(_ content: Agora_V1_AgentRecord.OneOf_Record, _ effects: inout [Effect]) {
        guard case .up(let number, let session) = link.state else { return }
        var record = Agora_V1_AgentRecord()
        record.session = session
        record.record = content
        effects.append(.send(link: number, record))
    }

    mutating func refuse(_ order: String, _ reason: String, _ effects: inout [Effect]) {
        var refused = Agora_V1_AgentRecord.Refused()
        refused.order = order
        refused.reason = reason
        send(.refused(refused), &effects)
        effects.append(.note(Note(.warning, "an order of the master is refused", ("order", order), ("reason", reason))))
    }

    // MARK: What the master says

    mutating func take(_ record: Agora_V1_MasterRecord, of number: UInt64, _ now: Moment, _ effects: inout [Effect]) {
        guard number == link.number else { return }
        switch (link.state, record.record) {
        case (.subscribing, .subscribed(let subscribed)): self.subscribed(subscribed, now, &effects)
        case (.subscribing, .rejected(let rejected)), (.up, .rejected(let rejected)): self.rejected(rejected, now, &effects)
        case (.up(_, let session), let order?) where !record.hasSession || record.session == session: obey(order, now, &effects)
        default: break
        }
    }

    private mutating func subscribed(_ answer: Agora_V1_Subscribed, _ now: Moment, _ effects: inout [Effect]) {
        guard answer.protocol == Self.protocolVersion else {
            return breakLink("the master speaks version \(answer.protocol) of the protocol", now, &effects)
        }
        guard answer.epoch >= epoch else {
            return breakLink("the master has epoch \(answer.epoch), and epoch \(epoch) was obeyed before", now, &effects)
        }
        guard agentID == nil || agentID == answer.agentID else {
            return breakLink("the master takes this agent for \(answer.agentID)", now, &effects)
        }
        guard TaskValidation.isFolderName(answer.agentID) else {
            return breakLink("the master gave an agent id that can't be used", now, &effects)
        }
        storeIdentity(answer, &effects)
        link.state = .up(link.number, session: answer.session)
        link.failures = 0
        link.lastFailure = ""
        link.clusterID = answer.clusterID
        tally.registrations += 1
        effects.append(.note(Note(.info, "subscribed with the master", ("agent", answer.agentID), ("epoch", "\(answer.epoch)"))))
        tellStreams(now, &effects)
        for task in answer.unknownTasks { answerUnknown(task, now, &effects) }
    }

    private mutating func storeIdentity(_ answer: Agora_V1_Subscribed, _ effects: inout [Effect]) {
        var changes: [Change] = []
        if agentID == nil {
            var writer = RecordingWriter()
            writer.put(answer.agentID)
            changes.append(.put(table: "agent", key: "id", value: writer.bytes))
        }
        if answer.epoch > epoch {
            var writer = RecordingWriter()
            writer.put(answer.epoch)
            changes.append(.put(table: "agent", key: "epoch", value: writer.bytes))
        }
        agentID = answer.agentID
        epoch = answer.epoch
        if !changes.isEmpty { effects.append(.store(changes)) }
    }

    private mutating func rejected(_ answer: Agora_V1_Rejected, _ now: Moment, _ effects: inout [Effect]) {
        // About a second's pause at least: the master has its reasons.
        breakLink("rejected by the master: \(answer.reason)", patience: 4, now, &effects)
        if answer.final { forgetIdentity(now, &effects) }
    }

    private mutating func obey(_ order: Agora_V1_MasterRecord.OneOf_Record, _ now: Moment, _ effects: inout [Effect]) {
        switch order {
        case .launch(let order): launch(order, now, &effects)
        case .launchGroup(let order): launchGroup(order, now, &effects)
        case .kill(let order): kill(order, now, &effects)
        case .acknowledge(let order): acknowledge(order, now, &effects)
        case .shutdownExecutor(let order): shutdownExecutor(order, now, &effects)
        case .shutdownFramework(let order): shutdownFramework(order.frameworkID, now, &effects)
        case .framework(let order): update(order, now, &effects)
        case .message(let order): refuse("message for executor \(order.executorID)", "this executor takes no messages", &effects)
        case .applyOperation(let order): refuse(order, &effects)
        case .acknowledgeOperation: refuse("acknowledgeOperation", "no operation is known", &effects)
        case .drain(let order): drain(order, now, &effects)
        case .reactivate: reactivate(&effects)
        case .heartbeat, .subscribed, .rejected: break
        }
    }

    /// Operations change what an agent has; this one's resources don't change.
    private mutating func refuse(_ order: Agora_V1_ApplyOperation, _ effects: inout [Effect]) {
        var status = Mesos_V1_OperationStatus()
        status.state = .operationError
        status.message = "Operations are not supported by this agent"
        if order.operation.hasID { status.operationID = order.operation.id }
        if let agentID { status.agentID.value = agentID }
        status.uuid.value = .init(wire: random.uuid())
        var update = Agora_V1_OperationStatusUpdate()
        if order.hasFrameworkID { update.frameworkID = order.frameworkID }
        update.operationUuid = order.uuid
        update.status = status
        update.latestStatus = status
        send(.operationUpdate(update), &effects)
    }

    // MARK: What the agent says of itself

    private func subscription() -> Agora_V1_Subscribe {
        var subscribe = Agora_V1_Subscribe()
        subscribe.protocolMin = Self.protocolVersion
        subscribe.protocolMax = Self.protocolVersion
        // Our own shell encoded it.
        subscribe.agent = (try? Mesos_V1_AgentInfo(serializedBytes: rules.agentInfo, partial: true)) ?? Mesos_V1_AgentInfo()
        if let agentID { subscribe.agent.id.value = agentID }
        subscribe.capabilities = Self.capabilities
        subscribe.version = rules.version
        subscribe.bootID = bootID
        if epoch > 0 { subscribe.epoch = epoch }
        subscribe.ip = rules.ip
        tasks.forEach { handle, task in if !task.isGhost { append(task, to: &subscribe) } }
        frameworks.forEach { _, framework in
            var entry = Agora_V1_Framework()
            entry.frameworkID = framework.id
            entry.info = .init(wire: framework.info)
            subscribe.frameworks.append(entry)
        }
        if let drain, let config = try? Mesos_V1_DrainConfig(serializedBytes: drain.config, partial: true) {
            subscribe.drain.config = config
            subscribe.drain.done = tasks.isEmpty
        }
        return subscribe
    }

    private func append(_ task: borrowing AgentTask, to subscribe: inout Agora_V1_Subscribe) {
        var entry = Agora_V1_Task()
        entry.frameworkID = frameworks[task.framework].id
        entry.info = .init(wire: task.info)
        entry.taskID = task.id
        entry.state = task.state
        if let latest = task.stream.latest { entry.status = .init(wire: latest.status) }
        if let acknowledged = task.stream.acknowledged { entry.acknowledgedState = acknowledged }
        subscribe.tasks.append(entry)
    }

    /// What this agent can do, as masters ask.
    package static var capabilities: [Mesos_V1_AgentInfo.Capability] {
        let types: [Mesos_V1_AgentInfo.Capability.TypeEnum] = [
            .multiRole, .hierarchicalRole, .reservationRefinement, .agentDraining, .taskResourceLimits
        ]
        return types.map {
            var capability = Mesos_V1_AgentInfo.Capability()
            capability.type = $0
            return capability
        }
    }
}
