import MesosAPI
import SwiftProtobuf

@testable import MasterCore

/// What runs on an agent never needs more than the agent has, and no port is given to two tasks.
final class ResourcesOnce: Checker {
    private struct Use {
        let cpus: Double
        let memory: Double
        let ports: [ClosedRange<UInt64>]
    }

    /// By framework and task, from the order to launch it.
    private var uses: [String: Use] = [:]

    init(_ scene: Scene) {
        scene.master.ordering.append { [self] order in
            guard case .launch(let framework, _, let bytes, _) = order, let task = try? Mesos_V1_TaskInfo(serializedBytes: bytes) else { return }
            func amount(_ name: String) -> Double { task.resources.filter { $0.name == name }.reduce(0) { $0 + $1.scalar.value } }
            let ports = task.resources.filter { $0.name == "ports" }.flatMap(\.ranges.range).map { $0.begin...$0.end }
            uses["\(framework) \(task.taskID.value)"] = Use(cpus: amount("cpus"), memory: amount("mem"), ports: ports)
        }
        for agent in scene.agents {
            agent.machine.starting.append { [self] _ in
                let running = agent.machine.running.compactMap { uses["\($0.framework) \($0.task)"] }
                let cpus = running.reduce(0) { $0 + $1.cpus }
                let memory = running.reduce(0) { $0 + $1.memory }
                if cpus > Double(agent.cpus) + 0.000_5 || memory > Double(agent.memory) {
                    scene.world.fail("resources-once", "\(agent.name) has \(agent.cpus) cpus, and its tasks use \(cpus) of them, with \(memory) MB")
                }
                var seen: Set<UInt64> = []
                for port in running.flatMap(\.ports).joined() where !seen.insert(port).inserted {
                    scene.world.fail("resources-once", "port \(port) of \(agent.name) is given to two tasks")
                }
            }
        }
    }
}
