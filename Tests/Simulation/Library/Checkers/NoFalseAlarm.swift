import Machine
import OrderedCollections

@testable import MasterCore

/// An agent counts as unreachable only if it was cut off, switched off or stopped for seconds; never because its process or the master was
/// restarted, a connection broke, or somebody was late.
final class NoFalseAlarm: Checker {
    private var known = 0
    private var life = 0

    init(_ scene: Scene) {
        scene.master.stepping.append { [self] in
            guard let core = scene.master.core else { return }
            defer { (known, life) = (core.lostAgents.count, scene.master.life) }
            // What a master finds in its store was declared by an earlier one.
            if life != scene.master.life { return }
            guard core.lostAgents.count > known, let id = core.lostAgents.keys.last else { return }
            let index = scene.agents.firstIndex { agent in agent.lastID == id }
            guard let index else { return }
            // Some seconds of grace: the news of its return may be under way.
            if scene.world.now > scene.lastAbsence[index] + 6 * .second {
                scene.world.fail("no-false-alarm", "\(scene.agents[index].name) (\(id)) is declared unreachable without reason")
            }
        }
    }
}
