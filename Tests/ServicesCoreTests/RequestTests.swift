import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct RequestTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var request: @Sendable () -> Services.Request
        var refusal: Refusal
        var testDescription: String { name }
    }

    private static func update(_ id: String, _ json: String, mustExist: Bool = false) -> Services.Request {
        .updateApp(PathID(id), Builders.body(json), .init(mustExist: mustExist), uri: "")
    }

    /// Each against a world in which `/a` and `/g/b` exist.
    private static let rows: [Row] = [
        Row(
            name: "an app that exists", request: { .createApp(Builders.body(#"{"id":"/a","cmd":"sleep 1"}"#), force: false, uri: "") },
            refusal: .appExists(PathID("/a"))),
        Row(
            name: "an app where a group is", request: { .createApp(Builders.body(#"{"id":"/g","cmd":"sleep 1"}"#), force: false, uri: "") },
            refusal: .model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))),
        Row(
            name: "an app below an app", request: { .createApp(Builders.body(#"{"id":"/a/x","cmd":"sleep 1"}"#), force: false, uri: "") },
            refusal: .model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))),
        Row(
            name: "an app without an id", request: { .createApp(Builders.body(#"{"cmd":"sleep 1"}"#), force: false, uri: "") },
            refusal: .model(.schema([Violation("/id", "error.path.missing")]))),
        Row(name: "a change of nothing", request: { update("/x", "{}", mustExist: true) }, refusal: .noApp(PathID("/x"))),
        Row(name: "deleting nothing", request: { .deleteApp(PathID("/x"), force: true) }, refusal: .noApp(PathID("/x"))),
        Row(name: "deleting a group as an app", request: { .deleteApp(PathID("/g"), force: true) }, refusal: .noApp(PathID("/g"))),
        Row(name: "restarting nothing", request: { .restartApp(PathID("/x"), force: true) }, refusal: .noApp(PathID("/x"))),
        Row(name: "deleting no group", request: { .deleteGroup(PathID("/x"), force: true) }, refusal: .noGroup(PathID("/x"))),
        Row(
            name: "a rollback to what never was", request: { update("/a", #"{"version":"2001-01-01T00:00:00.000Z"}"#) },
            refusal: .noVersion(PathID("/a"), Timestamp(milliseconds: 978_307_200_000))),
        Row(
            name: "a rollback with more", request: { update("/a", #"{"version":"2001-01-01T00:00:00.000Z","cpus":1}"#) },
            refusal: .model(.invalid([Violation("/", "The 'version' field may only be combined with the 'id' field.")]))),
        Row(
            name: "scaling and wiping", request: { .killTasks(.app(PathID("/a"), host: nil), .init(scale: true, wipe: true)) },
            refusal: .scaleAndWipe),
        Row(name: "killing in nothing", request: { .killTasks(.app(PathID("/x"), host: nil), .init()) }, refusal: .noApp(PathID("/x"))),
        Row(
            name: "killing an unknown task", request: { .killTasks(.task("a._app.1", of: PathID("/a"), host: nil), .init()) },
            refusal: .noTask("a._app.1")),
        Row(name: "killing nonsense", request: { .killTasks(.tasks(["!"]), .init()) }, refusal: .malformedTaskID("!")),
        Row(name: "resetting no delay", request: { .resetDelay(PathID("/a")) }, refusal: .notQueued(PathID("/a"))),
        Row(
            name: "an update of several, one missing",
            request: {
                .updateApps(Builders.bodies(#"[{"id":"/a","cpus":2},{"id":"/x","cpus":2}]"#), .init(mustExist: true))
            }, refusal: .noApp(PathID("/x")))
    ]

    @Test(arguments: rows) func `what is refused changes nothing`(_ row: Row) {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        world.create(#"{"id":"/g/b","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        let before = (world.disk, world.tasks.count, world.core.existingApps.map { $0.definition?.app })
        #expect(world.request(row.request()) == .refused(row.refusal))
        #expect(world.disk == before.0)
        #expect(world.tasks.count == before.1)
        #expect(world.core.existingApps.map { $0.definition?.app } == before.2)
        #expect(world.isIdle)
    }

    @Test func `before the start everything is refused`() {
        var core = Services()
        let effects = core.handle(.asked(number: 7, Origin(), .resetDelay(PathID("/a"))), at: Moment(monotonic: 0, wall: 0))
        #expect(effects == [.answer(7, .refused(.starting))])
    }

    @Test func `an update creates what isn't there, and says so`() {
        var world = World(agents: 1)
        guard case .deployed(_, _, PathID("/n")?)? = world.update("/n", #"{"cmd":"sleep 1","cpus":0.1,"mem":32}"#) else {
            Issue.record("not created")
            return
        }
        #expect(world.running("/n").count == 1)
    }

    @Test func `a complete update forgets what it doesn't say, a partial one doesn't`() {
        var world = World(agents: 0)
        world.create(#"{"id":"/a","cmd":"sleep 1","labels":{"x":"y"},"instances":0}"#)
        world.update("/a", #"{"cpus":2}"#)
        #expect(world.core.app(PathID("/a"))?.definition?.app.labels["x"] == "y")
        world.request(.updateApp(PathID("/a"), Builders.body(#"{"cmd":"sleep 1","instances":0}"#), .init(isPartial: false), uri: ""))
        #expect(world.core.app(PathID("/a"))?.definition?.app.labels["x"] == nil)
        #expect(world.core.app(PathID("/a"))?.definition?.app.cpus == 1)
    }

    @Test func `several apps are changed in one deployment`() {
        var world = World(agents: 0)
        world.request(.updateApps(Builders.bodies(#"[{"id":"/a","cmd":"sleep 1"},{"id":"/b","cmd":"sleep 1"}]"#), .init()))
        #expect(world.core.deployments.map(\.plan.affected) == [[PathID("/a"), PathID("/b")]])
        let ports = world.core.existingApps.flatMap { $0.definition?.app.servicePorts ?? [] }
        #expect(ports == [10_000, 10_001])
    }

    @Test(arguments: [
        #"[{"id":"/pp","cmd":"sleep 1"},{"id":"/pp/qq","cmd":"sleep 1"}]"#, #"[{"id":"/n","cmd":"sleep 1"},{"id":"/a/b/c","cmd":"sleep 1"}]"#,
        #"[{"id":"/g","cmd":"sleep 1"}]"#, #"[{"id":"/a","cpus":2},{"id":"/g/b/x","cmd":"sleep 1"}]"#
    ])
    func `several apps are told from the groups that they make themselves`(_ json: String) {
        var world = World(agents: 0)
        world.create(#"{"id":"/a","cmd":"sleep 1","instances":0}"#)
        world.create(#"{"id":"/g/b","cmd":"sleep 1","instances":0}"#)
        let before = world.disk
        let answer = world.request(.updateApps(Builders.bodies(json), .init()))
        #expect(answer == .refused(.model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))))
        #expect(world.disk == before)
        #expect(world.core.existingApps.map(\.id) == [PathID("/a"), PathID("/g/b")])
    }

    @Test func `a delay can be reset while it lasts and later, but only of what waits or backs off`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"backoffSeconds":60}"#)
        #expect(world.request(.resetDelay(PathID("/a"))) == .refused(.notQueued(PathID("/a"))))
        world.end(world.task(world.instances("/a")[0]))
        world.startsTasks = false
        #expect(world.request(.resetDelay(PathID("/a"))) == .delayReset)
        #expect(world.instances("/a").map(\.condition) == [.provisioned])
        #expect(world.request(.resetDelay(PathID("/a"))) == .delayReset, "nobody has confirmed the launch")
        let items = world.core.queueItems(at: world.now.monotonic)
        #expect(items.map(\.count) == [0] && items.map(\.delay) == [0])
        world.report(world.task(world.instances("/a")[0]), .taskRunning)
        world.settle()
        #expect(world.core.queueItems(at: world.now.monotonic).isEmpty)
        #expect(world.request(.resetDelay(PathID("/a"))) == .refused(.notQueued(PathID("/a"))))
    }

    // MARK: Kills

    @Test func `a killed task is launched again, under the same instance`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":2}"#)
        let before = world.running("/a")
        guard case .killed(let killed)? = world.request(.killTasks(.app(PathID("/a"), host: "host-0"), .init())) else {
            Issue.record("not killed")
            return
        }
        #expect(killed.map(\.task) == before.map(\.task))
        #expect(world.running("/a").map(\.id) == before.map(\.id))
        #expect(world.running("/a").map(\.incarnation) == [2, 2])
        #expect(world.request(.killTasks(.app(PathID("/a"), host: "elsewhere"), .init())) == .killed([]))
    }

    @Test func `a kill that scales takes exactly that task`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":3}"#)
        let victim = world.running("/a")[1]
        world.request(.killTasks(.task(world.task(victim), of: PathID("/a"), host: nil), .init(scale: true)))
        #expect(world.running("/a").count == 2)
        #expect(!world.running("/a").map(\.id).contains(victim.id))
        #expect(world.core.app(PathID("/a"))?.definition?.app.instances == 2)
        #expect(world.isIdle)
    }

    @Test func `a wiped instance is replaced by a new one`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        let before = world.running("/a")[0]
        world.request(.killTasks(.tasks([world.task(before)]), .init(wipe: true)))
        #expect(world.running("/a").count == 1)
        #expect(world.running("/a")[0].id != before.id)
    }

    @Test func `deleting a group deletes what is in it`() {
        var world = World(agents: 1)
        for id in ["/g/a", "/g/h/b", "/other"] { world.create(#"{"id":"\#(id)","cmd":"sleep 1","cpus":0.1,"mem":32}"#) }
        world.request(.deleteGroup(PathID("/g"), force: false))
        #expect(world.core.existingApps.map(\.id) == [PathID("/other")])
        world.request(.deleteGroup(.root, force: false))
        #expect(world.core.existingApps.isEmpty)
        #expect(world.tasks.isEmpty)
        #expect(world.disk.filter { !["framework", "history", "archive"].contains($0.key) }.values.allSatisfy { $0.isEmpty })
    }
}
