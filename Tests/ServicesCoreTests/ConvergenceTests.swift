import Machine
import MesosAPI
import Testing

@testable import ServicesCore

/// Random lives: clients change their minds, tasks fail, agents vanish and come back, processes crash. Then everybody calms down, and all
/// that is wanted must run.
struct ConvergenceTests {
    private struct Life {
        var world: World
        var random: SplitMix

        init(seed: UInt64) {
            random = SplitMix(seed: seed)
            world = World(agents: Int.random(in: 1...4, using: &random))
        }

        private mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

        mutating func act() {
            let id = pick(["/a", "/b", "/g/c"]) ?? "/a"
            let force = Bool.random(using: &random)
            switch Int.random(in: 0..<16, using: &random) {
            case 0, 1:
                let instances = Int.random(in: 0...6, using: &random)
                let strategy = pick([(1.0, 1.0), (0.5, 0), (0, 0), (1, 0)]) ?? (1, 1)
                let body =
                    #"{"cmd":"sleep \#(Int.random(in: 10...99, using: &random))","cpus":0.5,"mem":32,"instances":\#(instances),"#
                    + #""upgradeStrategy":{"minimumHealthCapacity":\#(strategy.0),"maximumOverCapacity":\#(strategy.1)}}"#
                world.ask(.updateApp(PathID(id), Builders.body(body), .init(force: force), uri: ""))
            case 2:
                world.ask(
                    .updateApp(
                        PathID(id), Builders.body(#"{"instances":\#(Int.random(in: 0...6, using: &random))}"#),
                        .init(force: force, mustExist: true), uri: ""))
            case 3: world.ask(.deleteApp(PathID(id), force: force))
            case 4: world.ask(.restartApp(PathID(id), force: force))
            case 5: if let deployment = pick(world.core.deployments) { world.ask(.cancelDeployment(deployment.id, force: force)) }
            case 6, 7:
                if let task = pick(world.tasks.keys.sorted()) {
                    world.report(task, pick([.taskFailed, .taskFinished, .taskKilled, .taskGone]) ?? .taskFailed)
                }
            case 8: vanish()
            case 9: comeBack()
            case 10: world.crash()
            case 11: world.startsTasks.toggle()
            case 12: world.killsTasks.toggle()
            case 13: if let task = pick(world.tasks.keys.sorted()) { world.ask(.killTasks(.tasks([task]), .init(scale: force))) }
            case 14: world.wait(seconds: Double.random(in: 0...400, using: &random))
            default: for _ in 0..<5 { world.step() }
            }
        }

        private mutating func vanish() {
            guard let index = world.agents.indices.randomElement(using: &random), world.agents[index].isReachable else { return }
            world.agents[index].isReachable = false
            for (id, task) in world.tasks.sorted(by: { $0.key < $1.key }) where task.agent == world.agents[index].id {
                world.report(id, .taskUnreachable)
            }
        }

        private mutating func comeBack() {
            for index in world.agents.indices where !world.agents[index].isReachable {
                world.agents[index].isReachable = true
                for (id, task) in world.tasks.sorted(by: { $0.key < $1.key }) where task.agent == world.agents[index].id {
                    world.report(id, .taskRunning)
                }
            }
        }

        mutating func calmDown() {
            comeBack()
            world.startsTasks = true
            world.killsTasks = true
            world.settle()
            for (id, task) in world.tasks.sorted(by: { $0.key < $1.key }) where task.state == .taskStaging { world.report(id, .taskRunning) }
            world.settle()
            // Longer than any delay of launches and any retry of a kill.
            world.wait(seconds: 1_000)
        }
    }

    @Test(arguments: 0..<150 as Range<UInt64>) func `after all the noise, what is wanted runs, and nothing else`(_ seed: UInt64) {
        var life = Life(seed: seed)
        for _ in 0..<60 { life.act() }
        life.calmDown()
        let world = life.world
        #expect(world.isIdle, "seed \(seed)")
        var wanted = 0
        for app in world.core.existingApps {
            guard let definition = app.definition?.app else { continue }
            wanted += definition.instances
            #expect(world.running(app.id.description).count == definition.instances, "seed \(seed): \(app.id)")
            #expect(world.core.instances(of: app).allSatisfy { $0.task?.id != nil })
        }
        #expect(world.tasks.count == wanted, "seed \(seed)")
        #expect(world.unacknowledged.isEmpty, "seed \(seed)")
        #expect(world.disk["instances"]?.count ?? 0 == wanted, "seed \(seed)")
        #expect(world.disk["deployments"]?.isEmpty ?? true, "seed \(seed)")
        let versions = world.core.existingApps.reduce(0) { $0 + $1.versions.count }
        #expect(world.disk["versions"]?.count ?? 0 == versions, "seed \(seed)")
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `the same life twice is the same in each respect`(_ seed: UInt64) {
        var lives = [Life(seed: seed), Life(seed: seed)]
        for _ in 0..<60 {
            for index in lives.indices { lives[index].act() }
            #expect(lives[0].world.core.digest == lives[1].world.core.digest)
        }
        #expect(lives[0].world.events == lives[1].world.events)
        #expect(lives[0].world.disk == lives[1].world.disk)
    }

    @Test func `a master is asked for all tasks again at doubling pauses: at first it may not have all agents back`() {
        var world = World()
        #expect(world.reconciliations == 1)
        let counts = [1.0, 2, 4, 8, 16].map { pause in
            world.wait(seconds: pause)
            return world.reconciliations
        }
        #expect(counts == [2, 3, 4, 5, 6])
        world.wait(seconds: 3_600)
        #expect(world.reconciliations <= 17, "in the end it is once in ten minutes")
    }
}
