import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct DeploymentTests {
    private func versions(_ world: World, _ id: String) -> Set<Timestamp> { Set(world.running(id).map(\.definition.app.version)) }

    private func plan(_ answer: Services.Answer?) -> String? {
        switch answer {
        case .deployed(_, let id, _)?: id
        case .created(_, let deployment)?: deployment
        default: nil
        }
    }

    @Test func `an upgrade replaces every instance, and the deployment ends`() {
        var world = World()
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":10}"#)
        let before = Set(world.running("/a").map(\.id))
        world.update("/a", #"{"cmd":"sleep 2"}"#)
        #expect(world.isIdle)
        #expect(world.running("/a").count == 10)
        #expect(before.isDisjoint(with: world.running("/a").map(\.id)))
        #expect(versions(world, "/a").count == 1)
    }

    @Test(arguments: [(1.0, 1.0, 10), (0.5, 0.2, 5), (1, 0, 10), (0, 0, 0), (0.7, 0.1, 7)])
    func `an upgrade never leaves fewer running than it promised`(_ health: Double, _ over: Double, _ least: Int) {
        var world = World()
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":10,"#
                + #""upgradeStrategy":{"minimumHealthCapacity":\#(health),"maximumOverCapacity":\#(over)}}"#)
        world.ask(.updateApp(PathID("/a"), Builders.body(#"{"cmd":"sleep 2"}"#), .init(), uri: ""))
        var lowest = 10
        var highest = 0
        for _ in 0..<500 where !world.isIdle {
            world.step()
            lowest = min(lowest, world.tasks.values.count { $0.state == .taskRunning })
            highest = max(highest, world.tasks.count)
        }
        #expect(world.isIdle)
        #expect(lowest >= least)
        #expect(highest <= max(11, Int(10 * (1 + over) + 0.5)))
    }

    @Test func `an unchanged definition is a deployment without steps, and keeps the tasks`() {
        var world = World()
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":2}"#)
        let before = world.running("/a").map(\.id)
        #expect(plan(world.update("/a", #"{"cmd":"sleep 1"}"#)) != nil)
        #expect(world.isIdle)
        #expect(world.running("/a").map(\.id) == before)
        #expect(world.core.app(PathID("/a"))?.versions.count == 1)
    }

    @Test func `scaling keeps the tasks and their version`() {
        var world = World()
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":2}"#)
        let before = Set(world.running("/a").map(\.id))
        world.update("/a", #"{"instances":5}"#)
        #expect(world.running("/a").count == 5)
        #expect(before.isSubset(of: world.running("/a").map(\.id)))
        world.update("/a", #"{"instances":2}"#)
        #expect(Set(world.running("/a").map(\.id)) == before, "the youngest go first")
        #expect(world.core.app(PathID("/a"))?.versions.count == 3)
        world.update("/a", #"{"instances":0}"#)
        #expect(world.tasks.isEmpty && world.isIdle)
    }

    @Test func `a restart replaces all tasks by the same definition`() {
        var world = World()
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":3}"#)
        let before = Set(world.running("/a").map(\.id))
        world.request(.restartApp(PathID("/a"), force: false))
        #expect(before.isDisjoint(with: world.running("/a").map(\.id)))
        #expect(world.running("/a").count == 3)
        let info = world.core.app(PathID("/a"))?.definition?.app.versionInfo
        #expect(info?.lastConfigChangeAt == info?.version)
        #expect(info.map { $0.lastScalingAt < $0.version } == true)
    }

    @Test func `a deployment waits for health, as long as it takes`() {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":2,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]}"#)
        #expect(world.running("/a").count == 2)
        #expect(!world.isIdle)
        for instance in world.running("/a") { world.report(world.task(instance), .taskRunning, healthy: true) }
        world.settle()
        #expect(world.isIdle)
    }

    @Test func `a deployment waits for readiness`() {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"portDefinitions":[{"name":"http-api"}],"#
                + #""readinessChecks":[{"portName":"http-api","intervalSeconds":10,"timeoutSeconds":5,"preserveLastResponse":true}]}"#)
        #expect(!world.isIdle)
        world.wait(seconds: 0)
        #expect(world.questions.count == 1)
        let task = world.questions[0].task
        world.send(.askedReadiness(task, .init(status: 503, contentType: "text/plain", body: "later")))
        #expect(world.core.readinessResults(of: PathID("/a")).map(\.isReady) == [false])
        #expect(world.core.readinessResults(of: PathID("/a"))[0].lastResponse?.body == "later")
        world.wait(seconds: 10)
        #expect(world.questions.count == 2)
        world.send(.askedReadiness(task, .init(status: 200, contentType: "", body: "")))
        #expect(world.isIdle)
        world.wait(seconds: 100)
        #expect(world.questions.count == 2)
    }

    @Test func `deployments of the same app exclude each other unless they are forced`() {
        var world = World(agents: 0)
        let first = plan(world.create(#"{"id":"/a","cmd":"sleep 1"}"#))
        #expect(world.update("/a", #"{"cmd":"sleep 2"}"#) == .refused(.locked([first ?? ""])))
        let second = plan(world.update("/a", #"{"cmd":"sleep 2"}"#, force: true))
        #expect(world.core.deployments.map(\.id) == [second])
        let failed = world.events.contains {
            if case .deploymentFailed(let plan, let reason) = $0 { plan.id == first && reason == "The upgrade has been cancelled" } else { false }
        }
        #expect(failed)
        // Others are free to go on.
        #expect(plan(world.create(#"{"id":"/b","cmd":"sleep 1"}"#)) != nil)
    }

    @Test func `a refused request changes nothing, not even what the next id will be`() {
        var world = World(agents: 0)
        world.create(#"{"id":"/g/a","cmd":"sleep 1"}"#)
        let before = world.core.digest
        let group = PathID("/g")
        let requests: [Services.Request] = [
            .updateApp(PathID("/g/a"), Builders.body(#"{"cmd":"sleep 2"}"#), .init(), uri: ""), .restartApp(PathID("/g/a"), force: false),
            .deleteApp(PathID("/g/a"), force: false), .deleteApp(PathID("/none"), force: false), .deleteGroup(group, force: false),
            .deleteGroup(PathID("/none"), force: false)
        ]
        for request in requests {
            guard case .refused? = world.ask(request) else {
                Issue.record("\(request) was not refused")
                continue
            }
            #expect(world.core.digest == before, "\(request)")
        }
    }

    @Test func `too many deployments are refused unless they are forced`() {
        var configuration = Configuration()
        configuration.maxRunningDeployments = 1
        var world = World(agents: 0, configuration: configuration)
        world.create(#"{"id":"/a","cmd":"sleep 1"}"#)
        #expect(world.create(#"{"id":"/b","cmd":"sleep 1"}"#) == .refused(.tooManyDeployments(limit: 1)))
        #expect(world.core.app(PathID("/b")) == nil)
        #expect(plan(world.request(.createApp(Builders.body(#"{"id":"/b","cmd":"sleep 1"}"#), force: true, uri: ""))) != nil)
    }

    @Test func `a cancelled deployment brings back what was before`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":3}"#)
        let broken = plan(world.update("/a", #"{"cmd":"sleep 2","cpus":100}"#))
        #expect(!world.isIdle)
        #expect(plan(world.request(.cancelDeployment(broken ?? "", force: false))) != broken)
        #expect(world.isIdle)
        #expect(world.running("/a").count == 3)
        #expect(world.core.app(PathID("/a"))?.definition?.app.cmd == "sleep 1")
    }

    @Test func `a cancelled creation leaves nothing`() {
        var world = World(agents: 0)
        let created = plan(world.create(#"{"id":"/a","cmd":"sleep 1"}"#))
        world.request(.cancelDeployment(created ?? "", force: false))
        #expect(world.core.app(PathID("/a")) == nil)
        #expect(world.isIdle)
        #expect(world.disk["instances"]?.isEmpty ?? true)
        #expect(world.disk["versions"]?.isEmpty ?? true)
    }

    @Test func `a deployment that is stopped by force leaves everything as it is`() {
        var world = World(agents: 0)
        let created = plan(world.create(#"{"id":"/a","cmd":"sleep 1"}"#))
        #expect(world.request(.cancelDeployment(created ?? "", force: true)) == .stopped)
        #expect(world.core.app(PathID("/a")) != nil)
        #expect(world.isIdle)
        #expect(world.request(.cancelDeployment("nonsense", force: true)) == .refused(.noDeployment("nonsense")))
    }

    @Test func `a rollback brings back an earlier version as a new one`() throws {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        let first = try #require(world.core.app(PathID("/a"))?.definition?.app)
        world.update("/a", #"{"cmd":"sleep 2"}"#)
        world.update("/a", #"{"version":"\#(first.version)"}"#)
        let now = try #require(world.core.app(PathID("/a"))?.definition?.app)
        #expect(now.cmd == "sleep 1")
        #expect(now.version > first.version)
        #expect(world.core.app(PathID("/a"))?.versions.count == 3)
    }

    @Test func `apps go up in the order of their dependencies`() {
        var world = World(agents: 1)
        world.startsTasks = false
        let bodies = #"""
            [{"id":"/s/web","cmd":"sleep 1","cpus":0.1,"mem":32,"dependencies":["/s/db"]},
             {"id":"/s/db","cmd":"sleep 1","cpus":0.1,"mem":32},{"id":"/s/top","cmd":"sleep 1","cpus":0.1,"mem":32,"dependencies":["/s/web","/s/db"]}]
            """#
        world.request(.updateApps(Builders.bodies(bodies), .init()))
        #expect(
            world.core.deployments[0].plan.steps.map { $0.map(\.app.description).sorted() } == [
                ["/s/db", "/s/top", "/s/web"], ["/s/db"], ["/s/web"], ["/s/top"]
            ])
        for app in ["/s/db", "/s/web", "/s/top"] {
            #expect(world.tasks.values.map { $0.info.name }.count { $0 == PathID(app).taskName } == 1)
            let task = world.task(world.instances(app)[0])
            world.report(task, .taskRunning)
            world.settle()
        }
        #expect(world.isIdle)
    }

    @Test func `dependencies in a circle are refused`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","dependencies":["/b"]}"#)
        let answer = world.create(#"{"id":"/b","cmd":"sleep 1","dependencies":["/a"]}"#)
        #expect(answer == .refused(.model(.invalid([Violation("/", "Dependency graph has cyclic dependencies.")]))))
    }

    @Test func `only the newest versions are kept, besides those in use`() {
        var configuration = Configuration()
        configuration.maxVersions = 3
        var world = World(agents: 0, configuration: configuration)
        world.create(#"{"id":"/a","cmd":"sleep 1","instances":0}"#)
        for number in 2...6 { world.update("/a", #"{"cmd":"sleep \#(number)"}"#) }
        #expect(world.core.app(PathID("/a"))?.versions.map { $0.app.cmd } == ["sleep 4", "sleep 5", "sleep 6"])
        #expect(world.disk["versions"]?.count == 3)
    }

    @Test func `scaling down evens out groups, then takes the youngest`() {
        var world = World(agents: 3)
        for index in world.agents.indices { world.agents[index].attributes = [("rack", "r\(index)")] }
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":9,"constraints":[["rack","GROUP_BY","3"]]}"#)
        #expect(world.running("/a").count == 9)
        world.update("/a", #"{"instances":3}"#)
        #expect(Set(world.running("/a").map { $0.agent?.id }).count == 3)
    }

    @Test(arguments: [false, true]) func `an app is deleted while its rolling restart waits on a full agent`(_ force: Bool) {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":2,"mem":32,"instances":4}"#)
        world.request(.restartApp(PathID("/a"), force: false))
        #expect(!world.isIdle)
        #expect(world.running("/a").count == 4)
        let answer = world.request(.deleteApp(PathID("/a"), force: force))
        if force {
            #expect(world.isIdle)
            #expect(world.tasks.isEmpty)
            #expect(world.core.app(PathID("/a")) == nil)
            #expect(world.isSuppressed)
        } else {
            guard case .refused(.locked)? = answer else {
                Issue.record("\(String(describing: answer))")
                return
            }
        }
    }

    @Test func `a rolling restart on a full agent goes on when an instance ends`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":2,"mem":32,"instances":4}"#)
        world.request(.restartApp(PathID("/a"), force: false))
        for _ in 0..<4 where !world.isIdle {
            guard let old = world.running("/a").first(where: { $0.definition.app.version != world.core.app(PathID("/a"))?.definition?.app.version })
            else { break }
            world.end(world.task(old), .taskFinished)
            world.wait(seconds: 2)
        }
        #expect(world.isIdle)
        #expect(world.running("/a").count == 4)
    }
}
