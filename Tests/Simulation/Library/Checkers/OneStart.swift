/// No task is started twice, whatever is lost, repeated or restarted.
final class OneStart: Checker {
    private var started: Set<String> = []

    init(_ scene: Scene) {
        for agent in scene.agents {
            agent.machine.starting.append { [self] container in
                let name = "\(container.framework) \(container.task)"
                if !started.insert(name).inserted { scene.world.fail("one-start", "task \(name) is started a second time, on \(agent.name)") }
            }
        }
    }
}
