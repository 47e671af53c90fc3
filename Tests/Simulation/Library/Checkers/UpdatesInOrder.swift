import MesosAPI
import SwiftProtobuf

/// An agent tells a task's story once: after its last update no other comes, and what was sent is sent again as it was.
final class UpdatesInOrder: Checker {
    private var last: [String: [UInt8]] = [:]
    private var seen: Set<[UInt8]> = []

    init(_ scene: Scene) {
        let world = scene.world
        for (name, client) in [("services", scene.services.client!), ("foreign", scene.foreign.client!)] {
            client.hearing.append { [self] event in
                guard event.type == .update else { return }
                let status = event.update.status
                world.count(.updates)
                if status.state == .taskUnreachable { world.count(.unreachable) }
                guard status.hasUuid else { return }
                let (task, uuid) = ("\(name) \(status.taskID.value)", [UInt8](status.uuid))
                if !seen.insert(uuid).inserted { world.count(.repeatedUpdates) }
                if let end = last[task], end != uuid {
                    world.fail("updates-in-order", "\(name) hears that task \(status.taskID.value) is \(status.state) after it had ended")
                }
                if status.state.isOver { last[task] = uuid }
            }
        }
    }
}
