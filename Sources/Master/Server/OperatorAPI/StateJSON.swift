import JSON
import Machine
import MasterCore
import Resources

/// `GET /state`.
/// Specified by Mesos 1.11 docs/endpoints/master/state.md.
struct StateJSON {
    let snapshot: Snapshot
    let identity: MasterIdentity
    let master: Master

    func state() -> [UInt8] {
        // Some 2 kB a task; growing by doubling would copy everything some more times.
        var writer = JSONWriter(reservingCapacity: 4096 + snapshot.tasks.count * 1536 + snapshot.agents.count * 2048)
        writer.beginObject()
        VersionJSON.fields(&writer)
        writer.member("start_time", time: snapshot.started)
        writer.member("elected_time", time: snapshot.started)
        writer.member("id", snapshot.masterID)
        writer.member("pid", identity.pid)
        writer.member("hostname", identity.hostname)
        writer.member("capabilities", ["AGENT_UPDATE"])
        let (active, inactive) = agentCounts
        writer.member("activated_slaves", Double(active))
        writer.member("deactivated_slaves", Double(inactive))
        writer.member("unreachable_slaves", Double(snapshot.unreachableAgents))
        writer.member("leader", identity.pid)
        writer.key("leader_info")
        writer.beginObject()
        writer.member("id", identity.id)
        writer.member("pid", identity.pid)
        writer.member("port", identity.port)
        writer.member("hostname", identity.hostname)
        writer.endObject()
        if let cluster = master.settings.cluster { writer.member("cluster", cluster) }
        writer.key("flags")
        writer.flags(of: master.settings)
        writer.key("slaves")
        writer.beginArray()
        snapshot.agents.forEach { _, agent in
            guard !agent.isRecovered else { return }
            writer.beginObject()
            writer.agentFields(snapshot.view(agent))
            writer.endObject()
        }
        writer.endArray()
        writer.recoveredAgents(snapshot)
        writer.frameworks(snapshot, FrameworkUse(snapshot))
        for name in ["orphan_tasks", "unregistered_frameworks"] {
            writer.key(name)
            writer.beginArray()
            writer.endArray()
        }
        writer.endObject()
        return writer.takeBytes()
    }

    private var agentCounts: (active: Int, inactive: Int) {
        var (active, inactive) = (0, 0)
        snapshot.agents.forEach { _, agent in
            if agent.isActive { active += 1 } else if !agent.isRecovered { inactive += 1 }
        }
        return (active, inactive)
    }
}
