import JSON
import Machine
import MasterCore
import MesosAPI
import Resources

/// What the frameworks of a snapshot use and are offered, added up once.
struct FrameworkUse {
    var used: [Handle<Framework>: Resources] = [:]
    var offered: [Handle<Framework>: Resources] = [:]
    var executors: [Handle<Framework>: [(executor: Executor, agentID: String)]] = [:]
    var agents: [Handle<Framework>: [String]] = [:]

    init(_ snapshot: Snapshot) {
        snapshot.tasks.forEach { _, task in
            if task.holdsResources { used[task.framework, default: Resources()].add(task.resources) }
        }
        snapshot.offers.forEach { _, offer in offered[offer.framework, default: Resources()].add(offer.resources) }
        snapshot.agents.forEach { _, agent in
            for executor in agent.executors {
                used[executor.framework, default: Resources()].add(executor.spec.resources)
                executors[executor.framework, default: []].append((executor, agent.id))
            }
        }
    }
}

extension JSONWriter {
    /// The fields of a framework that both `/state` and `/state-summary` show.
    mutating func frameworkFields(_ framework: FrameworkView, _ used: Resources, _ offered: Resources) {
        member("id", framework.id)
        member("name", framework.spec.name)
        member("used_resources", used)
        member("offered_resources", offered)
        member("capabilities", framework.spec.capabilities.names)
        member("hostname", framework.spec.hostname)
        member("webui_url", framework.spec.webUI)
        member("active", framework.isActive)
        member("connected", framework.isConnected)
        member("recovered", framework.isRecovered)
    }

    /// Specified by Mesos 1.11 docs/endpoints/master/frameworks.md.
    mutating func framework(_ entry: borrowing Framework, _ handle: Handle<Framework>, _ snapshot: Snapshot, _ use: FrameworkUse) {
        let framework = snapshot.view(entry)
        let (used, offered) = (use.used[handle] ?? Resources(), use.offered[handle] ?? Resources())
        beginObject()
        frameworkFields(framework, used, offered)
        member("user", framework.spec.user)
        member("failover_timeout", framework.spec.failoverSeconds)
        member("checkpoint", framework.spec.checkpoint)
        member("registered_time", time: framework.registered)
        member("unregistered_time", time: framework.unregistered)
        if let principal = framework.spec.principal { member("principal", principal) }
        member("resources", used + offered)
        if framework.reregistered != framework.registered { member("reregistered_time", time: framework.reregistered) }
        if framework.spec.has(.multiRole) {
            member("roles", framework.spec.roles)
        } else {
            member("role", framework.spec.roles.first ?? Role.unreserved)
        }
        tasks("tasks", snapshot, entry.tasks, entry)
        tasks("unreachable_tasks", snapshot, entry.unreachable, entry)
        tasks("completed_tasks", snapshot, entry.completed, entry)
        key(verbatim: "offers")
        beginArray()
        snapshot.offers.forEach(in: entry.offers) { _, offer in self.offer(offer, snapshot) }
        endArray()
        key(verbatim: "executors")
        beginArray()
        for (executor, agentID) in use.executors[handle] ?? [] { self.executor(executor, frameworkID: framework.id, agentID: agentID) }
        endArray()
        if let labels = Wire.contents(FrameworkField.labels, of: framework.spec.info) { member("labels", labels: labels) }
        key(verbatim: "offer_constraints")
        message(entry.constraints?.bytes[...] ?? [], MessageTypes.offerConstraints)
        endObject()
    }

    private mutating func tasks(_ name: StaticString, _ snapshot: Snapshot, _ chain: Chain<TaskEntry>, _ framework: borrowing Framework) {
        key(verbatim: name)
        beginArray()
        for task in snapshot.tasks.handles(in: chain) { self.task(snapshot.tasks[task], of: framework) }
        endArray()
    }

    private mutating func offer(_ offer: borrowing Offer, _ snapshot: Snapshot) {
        beginObject()
        key(verbatim: "id")
        string("\(snapshot.masterID)-O\(offer.number)")
        member("framework_id", snapshot.frameworks[offer.framework].id)
        key(verbatim: "allocation_info")
        beginObject()
        member("role", offer.role)
        endObject()
        member("slave_id", snapshot.agents[offer.agent].id)
        member("resources", offer.resources)
        endObject()
    }
}

/// `GET /frameworks`.
struct FrameworksJSON {
    let snapshot: Snapshot

    /// - Parameter id: of the only framework to be shown; nil: all.
    func bytes(only id: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        let use = FrameworkUse(snapshot)
        writer.frameworks(snapshot, use, only: id)
        writer.key(verbatim: "unregistered_frameworks")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        return writer.takeBytes()
    }
}

extension JSONWriter {
    /// `frameworks` and `completed_frameworks`.
    mutating func frameworks(_ snapshot: Snapshot, _ use: FrameworkUse, only id: String? = nil) {
        for isCompleted in [false, true] {
            key(verbatim: isCompleted ? "completed_frameworks" : "frameworks")
            beginArray()
            snapshot.frameworks.forEach { handle, framework in
                guard framework.isCompleted == isCompleted, id == nil || framework.id == id else { return }
                self.framework(framework, handle, snapshot, use)
            }
            endArray()
        }
    }
}
