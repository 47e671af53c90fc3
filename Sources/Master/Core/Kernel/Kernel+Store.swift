import DequeModule
import Machine
import MesosAPI
import OrderedCollections
import Resources
import SwiftProtobuf

/// The tables of the master's store.
package enum StoredTable {
    /// `id` and `epoch`.
    package static let cluster = "cluster"
    package static let frameworks = "frameworks"
    package static let agents = "agents"

    package static let all = [cluster, frameworks, agents]
}

/// What outlives the master: which frameworks and agents there are. Tasks do too, but their agents keep them.
extension Kernel {
    mutating func begin(_ start: Start) {
        settings = start.settings
        masterID = start.masterID
        started = now.wall
        allocator = Allocator(settings: settings.allocator)
        for weight in settings.weights { allocator.setWeight(weight.weight, role: weight.role) }
        clusterID = start.newClusterID
        for entry in start.stored where entry.table == StoredTable.cluster {
            if entry.key == "id" { clusterID = String(decoding: entry.value, as: UTF8.self) }
            if entry.key == "epoch" { epoch = UInt64(String(decoding: entry.value, as: UTF8.self)) ?? 0 }
        }
        epoch += 1
        emit(
            .store([
                .put(table: StoredTable.cluster, key: "id", value: Array(clusterID.utf8)),
                .put(table: StoredTable.cluster, key: "epoch", value: Array(String(epoch).utf8))
            ]))
        for entry in start.stored {
            do throws(RecordingError) {
                if entry.table == StoredTable.frameworks { try recoverFramework(entry) }
                if entry.table == StoredTable.agents { try recoverAgent(entry) }
            } catch {
                log(.warning, "an entry of the store can't be read and is left out", ["table": entry.table, "key": entry.key])
            }
        }
        log(
            .notice, "master started",
            [
                "id": masterID, "cluster": clusterID, "epoch": "\(epoch)", "frameworks": "\(frameworks.count)",
                "agents": "\(agents.count)"
            ])
    }

    // MARK: Frameworks

    mutating func store(_ framework: Handle<Framework>) {
        let entry = frameworks[framework]
        var writer = RecordingWriter()
        writer.put(entry.spec.info)
        writer.put(entry.registered)
        writer.put(entry.reregistered)
        writer.put(entry.unregistered)
        // Since when it is disconnected; zero: it is not.
        writer.put(entry.isConnected ? 0 as Int64 : now.wall)
        emit(.store([.put(table: StoredTable.frameworks, key: entry.id, value: writer.bytes)]))
    }

    private mutating func recoverFramework(_ stored: StoredEntry) throws(RecordingError) {
        var reader = RecordingReader(stored.value)
        guard let spec = FrameworkSpec(bytes: try reader.data()), spec.id == stored.key else { throw .invalid("no FrameworkInfo") }
        let (registered, reregistered, unregistered) = (try reader.int64(), try reader.int64(), try reader.int64())
        let since = try reader.int64()
        if unregistered > 0 {
            let entry = Framework(id: stored.key, spec: spec, state: .completed, registered: registered, reregistered: reregistered)
            let framework = frameworks.insert(entry)
            frameworks[framework].unregistered = unregistered
            frameworksByID[stored.key] = framework
            completedFrameworks.append(framework)
            return
        }
        let framework = add(spec, isRecovered: true)
        frameworks[framework].registered = registered
        frameworks[framework].reregistered = reregistered
        guard since > 0, spec.failoverTimeout > 0 else { return }
        // Its time ran on while there was no master; but it must have had a chance to come back to this one.
        let left = spec.failoverTimeout.saturatingAdd(-max(0, now.wall.saturatingAdd(-since)))
        let until = now.monotonic.saturatingAdd(max(left, min(spec.failoverTimeout, settings.agentReregisterTimeout)))
        frameworks[framework].state = .disconnected(until: until)
        deadlines.insert(.framework(framework), at: until)
    }

    // MARK: Agents

    mutating func store(_ agent: Handle<Agent>) {
        let entry = agents[agent]
        var writer = RecordingWriter()
        writer.put(0 as UInt64)
        writer.put(0 as Int64)
        writer.put(entry.spec.info)
        writer.put(entry.spec.ip)
        writer.put(UInt64(entry.spec.capabilities.rawValue))
        writer.put(entry.spec.version)
        writer.put(entry.registered)
        writer.put(entry.isDeactivated)
        emit(.store([.put(table: StoredTable.agents, key: entry.id, value: writer.bytes)]))
    }

    func storedChange(lost id: String) -> Change {
        guard let entry = lostAgents[id] else { return .remove(table: StoredTable.agents, key: id) }
        var writer = RecordingWriter()
        writer.put(entry.state.rawValue)
        writer.put(entry.since)
        return .put(table: StoredTable.agents, key: id, value: writer.bytes)
    }

    private mutating func recoverAgent(_ stored: StoredEntry) throws(RecordingError) {
        var reader = RecordingReader(stored.value)
        let kind = try reader.uint64()
        let since = try reader.int64()
        guard kind == 0 else {
            guard let state = LostAgent.State(rawValue: kind) else { throw .invalid("no state of an agent") }
            lostAgents[stored.key] = LostAgent(state: state, since: since)
            return
        }
        let info = try reader.data()
        let ip = try reader.string()
        let capabilities = AgentCapabilities(rawValue: UInt32(truncatingIfNeeded: try reader.uint64()))
        let version = try reader.string()
        let registered = try reader.int64()
        let isDeactivated = try reader.bool()
        guard let message = try? Mesos_V1_AgentInfo(serializedBytes: info),
            let spec = try? AgentSpec(message, id: stored.key, ip: ip, capabilities: capabilities, version: version)
        else { throw .invalid("no AgentInfo") }
        let until = now.monotonic.saturatingAdd(settings.agentReregisterTimeout)
        var entry = Agent(
            id: stored.key, spec: spec, state: .recovered(until: until), base: spec.resources, total: spec.resources,
            checkpointed: Resources(), resourcesVersion: 0, registered: registered)
        entry.isDeactivated = isDeactivated
        let agent = agents.insert(entry)
        agentsByID[stored.key] = agent
        setDeadline(agent)
    }
}
