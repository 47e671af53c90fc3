import FrameworkCore
import Machine
import Testing

@testable import ServicesCore

struct GroupTests {
    private func body(_ json: String) -> GroupBody {
        do {
            return try GroupBody(json: Array(json.utf8))
        } catch {
            preconditionFailure("\(json) is no group: \(error)")
        }
    }

    private static let app = #""cmd":"sleep 1","cpus":0.1,"mem":32"#

    private func ids(_ world: World) -> [String] { world.core.existingApps.map(\.id.description) }

    @discardableResult
    private func put(_ world: inout World, _ id: String, _ json: String) -> Services.Answer? {
        world.request(.updateGroup(PathID(id), body(json), force: false, isDry: false))
    }

    @Test func `a tree is made in one deployment, in the order of its dependencies`() {
        var world = World(agents: 1)
        let json =
            #"{"id":"/prod","groups":[{"id":"db","apps":[{"id":"pg",\#(Self.app)}]},"#
            + #"{"id":"web","dependencies":["../db"],"apps":[{"id":"front",\#(Self.app)},{"id":"back",\#(Self.app)}]}]}"#
        guard case .deployed(_, _, PathID("/prod")?)? = world.ask(.createGroup(.root, body(json), force: false)) else {
            Issue.record("not created")
            return
        }
        #expect(
            world.core.deployments[0].plan.steps.map { $0.map(\.app.description) } == [
                ["/prod/db/pg", "/prod/web/front", "/prod/web/back"], ["/prod/db/pg"], ["/prod/web/front", "/prod/web/back"]
            ])
        world.settle()
        #expect(ids(world) == ["/prod/db/pg", "/prod/web/back", "/prod/web/front"])
        #expect(world.isIdle && world.tasks.count == 3)
        #expect(world.request(.createGroup(.root, body(json), force: false)) == .refused(.groupExists(PathID("/prod"))))
    }

    @Test func `what a group names is what it has afterwards, what it is silent about stays`() {
        var world = World(agents: 1)
        put(&world, "/g", #"{"apps":[{"id":"a",\#(Self.app)},{"id":"b",\#(Self.app)}],"groups":[{"id":"s","apps":[{"id":"c",\#(Self.app)}]}]}"#)
        #expect(ids(world) == ["/g/a", "/g/b", "/g/s/c"])
        let kept = world.running("/g/a").map(\.id)
        put(&world, "/g", #"{"apps":[{"id":"a",\#(Self.app)}]}"#)
        #expect(ids(world) == ["/g/a", "/g/s/c"])
        #expect(world.running("/g/a").map(\.id) == kept, "unchanged apps keep their tasks")
        put(&world, "/g", #"{"groups":[]}"#)
        #expect(ids(world) == ["/g/a"])
        #expect(!world.core.hasGroup(PathID("/g/s")))
        put(&world, "/", #"{"groups":[]}"#)
        #expect(ids(world).isEmpty)
        #expect(world.isIdle && world.tasks.isEmpty)
    }

    @Test func `an empty group exists until it is deleted`() {
        var world = World(agents: 1)
        world.request(.createGroup(.root, body(#"{"id":"/e"}"#), force: false))
        #expect(world.core.hasGroup(PathID("/e")))
        world.crash()
        #expect(world.core.hasGroup(PathID("/e")))
        world.request(.deleteGroup(PathID("/e"), force: false))
        #expect(!world.core.hasGroup(PathID("/e")))
        #expect(world.request(.deleteGroup(PathID("/e"), force: false)) == .refused(.noGroup(PathID("/e"))))
    }

    @Test func `scaling multiplies all apps below, rounding up`() {
        var world = World(agents: 1)
        put(&world, "/g", #"{"apps":[{"id":"a","instances":3,\#(Self.app)}],"groups":[{"id":"s","apps":[{"id":"b",\#(Self.app)}]}]}"#)
        put(&world, "/g", #"{"scaleBy":1.5}"#)
        #expect(world.running("/g/a").count == 5)
        #expect(world.running("/g/s/b").count == 2)
    }

    @Test func `scaling stops at the number of instances that one app may have`() {
        var world = World(agents: 0)
        put(&world, "/g", #"{"apps":[{"id":"a","instances":2,\#(Self.app)}]}"#)
        let before = world.disk
        for (id, path) in [("/g", "/g/a/instances"), ("/", "/g/a/instances")] {
            let answer = world.request(.updateGroup(PathID(id), body(#"{"scaleBy":60000}"#), force: true, isDry: false))
            #expect(
                answer == .refused(.model(.invalid([Violation(path, "more than 50000 instances of one app are not served")]))))
        }
        #expect(world.disk == before)
    }

    @Test func `what was deleted comes back with an earlier version, in this process and in the next`() throws {
        for crashes in [false, true] {
            var world = World(agents: 1)
            put(
                &world, "/g",
                #"{"apps":[{"id":"a","instances":2,\#(Self.app)}],"groups":[{"id":"e","dependencies":["../a"]}]}"#)
            world.create(#"{"id":"/other",\#(Self.app)}"#)
            let version = try #require(world.core.versions(ofGroup: .root).last)
            world.now = world.now.advanced(by: .second)
            world.request(.deleteGroup(PathID("/g"), force: false))
            #expect(world.isIdle && ids(world) == ["/other"])
            if crashes {
                world.crash()
                world.settle()
            }
            #expect(world.core.versions(ofGroup: PathID("/g")).count == 2)
            #expect(world.core.versions(ofGroup: .root).contains(version))
            #expect(world.core.group(PathID("/g"), at: version)?.apps.map(\.app.id) == [PathID("/g/a")])
            put(&world, "/g", #"{"version":"\#(version)"}"#)
            #expect(ids(world) == ["/g/a", "/other"])
            #expect(world.running("/g/a").count == 2)
            #expect(world.core.groups[PathID("/g/e")]?.dependencies == [PathID("/g/a")])
            // And away again.
            let gone = try #require(world.core.versions(ofGroup: .root).dropLast().last)
            put(&world, "/", #"{"version":"\#(gone)"}"#)
            #expect(ids(world) == ["/other"] && !world.core.hasGroup(PathID("/g")))
            #expect(world.isIdle && world.tasks.count == 1)
        }
    }

    @Test func `as many versions are kept as are wanted, and nothing that only others needed`() {
        var configuration = Configuration()
        configuration.maxVersions = 5
        var world = World(agents: 1, configuration: configuration)
        for _ in 0..<4 {
            world.create(#"{"id":"/a",\#(Self.app)}"#)
            world.now = world.now.advanced(by: .second)
            world.request(.deleteApp(PathID("/a"), force: false))
        }
        #expect(world.core.versions(ofGroup: .root).count == 5)
        #expect(world.disk["history"]?.count == 5)
        #expect(world.disk["archive"]?.count == 3)
        for version in world.core.versions(ofGroup: .root).dropFirst() { #expect(world.core.group(.root, at: version) != nil) }
        for number in 0..<6 { put(&world, "/e\(number)", "{}") }
        #expect(world.disk["archive"]?.isEmpty ?? true)
        world.crash()
        #expect(world.core.versions(ofGroup: .root).count == 5)
    }

    @Test func `a group goes back to an earlier version`() throws {
        var world = World(agents: 1)
        put(&world, "/g", #"{"apps":[{"id":"a",\#(Self.app)}]}"#)
        let version = try #require(world.core.versions(ofGroup: PathID("/g")).last)
        #expect(world.core.app(PathID("/g/a"))?.definition?.app.version == version)
        world.now = world.now.advanced(by: .second)
        world.update("/g/a", #"{"cmd":"sleep 2"}"#)
        put(&world, "/g", #"{"apps":[{"id":"a","cmd":"sleep 3","cpus":0.1,"mem":32},{"id":"new",\#(Self.app)}]}"#)
        put(&world, "/g", #"{"version":"\#(version)"}"#)
        #expect(ids(world) == ["/g/a"])
        #expect(world.core.app(PathID("/g/a"))?.definition?.app.cmd == "sleep 1")
        let long = Timestamp(milliseconds: 0)
        #expect(put(&world, "/g", #"{"version":"\#(long)"}"#) == .refused(.noGroupVersion(PathID("/g"), long)))
    }

    @Test func `a dry run says what would be done, and does nothing`() {
        var world = World(agents: 1)
        put(&world, "/g", #"{"apps":[{"id":"a",\#(Self.app)}]}"#)
        let before = world.disk
        let answer = world.request(
            .updateGroup(PathID("/g"), body(#"{"apps":[{"id":"b",\#(Self.app)}]}"#), force: false, isDry: true))
        #expect(answer == .steps([[.stop(PathID("/g/a"))], [.start(PathID("/g/b"))], [.scale(PathID("/g/b"))]]))
        #expect(world.disk == before)
        #expect(ids(world) == ["/g/a"])
    }

    @Test func `a refused change leaves the groups as they were, too`() {
        var world = World(agents: 0)
        world.create(#"{"id":"/g/a",\#(Self.app)}"#)
        let answer = put(&world, "/g", #"{"dependencies":["/x"],"apps":[{"id":"a","cmd":"sleep 2"}]}"#)
        guard case .refused(.locked)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(world.core.groupIDs.isEmpty)
        #expect(world.disk["groups"]?.isEmpty ?? true)
    }

    @Test func `a group may make its apps run in its role`() {
        var world = World(agents: 0)
        world.request(.createGroup(.root, body(#"{"id":"/g","enforceRole":true}"#), force: false))
        world.create(#"{"id":"/g/a",\#(Self.app)}"#)
        #expect(world.core.app(PathID("/g/a"))?.definition?.app.role == "g")
        world.create(#"{"id":"/other/a",\#(Self.app)}"#)
        #expect(world.core.app(PathID("/other/a"))?.definition?.app.role == "*")
        #expect(world.request(.enforceRole(PathID("/g"), body(#"{"enforceRole":false}"#))) == .done)
        world.create(#"{"id":"/g/b",\#(Self.app)}"#)
        #expect(world.core.app(PathID("/g/b"))?.definition?.app.role == "*")
    }

    @Test(arguments: [
        (#"{"apps":[{"id":"/x/a","cmd":"sleep 1"}]}"#, "/apps(0)/id", "Identifier is not child of '/g'"),
        (#"{"groups":[{"id":"/x"}]}"#, "/groups(0)/id", "Identifier is not child of '/g'"),
        (#"{"groups":[{"apps":[]}]}"#, "/groups(0)/id", "error.path.missing"),
        (#"{"apps":[{"id":"a","cmd":"sleep 1"},{"id":"a","cmd":"sleep 1"}]}"#, "/apps(1)/id", "Application ids must be unique"),
        (
            #"{"apps":[{"id":"a","cmd":"sleep 1","dependencies":["b"]},{"id":"b","cmd":"sleep 1","dependencies":["a"]}]}"#, "/",
            "Dependency graph has cyclic dependencies."
        ),
        (#"{"scaleBy":2,"apps":[]}"#, "/scaleBy", "not allowed in conjunction with other properties."),
        (#"{"version":"2020-01-01T00:00:00.000Z","apps":[]}"#, "/version", "not allowed in conjunction with other properties."),
        (#"{"groups":[{"id":"s","enforceRole":true}]}"#, "/groups(0)/enforceRole", "Path needs to be top-level")
    ])
    func `what is wrong is said with its place`(_ json: String, _ path: String, _ text: String) {
        var world = World(agents: 0)
        let answer = put(&world, "/g", json)
        guard case .refused(.model(.invalid(let violations)))? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(violations.contains { $0.path == path && $0.errors.contains { $0.hasPrefix(text) } }, "\(violations)")
        #expect(world.core.existingApps.isEmpty && world.core.groupIDs.isEmpty)
    }

    /// Against a world with the app `/a` and the empty group `/e`.
    @Test(arguments: [
        ("POST", "/", #"{"id":"/a/sub","apps":[{"id":"x",\#(GroupTests.app)}]}"#), ("POST", "/", #"{"id":"/a/sub"}"#),
        ("PUT", "/", #"{"apps":[{"id":"a",\#(GroupTests.app)}],"groups":[{"id":"a","apps":[{"id":"x",\#(GroupTests.app)}]}]}"#),
        ("PUT", "/", #"{"groups":[{"id":"a","apps":[{"id":"x",\#(GroupTests.app)}]}]}"#),
        ("POST", "/", #"{"id":"/n","apps":[{"id":"x",\#(GroupTests.app)}],"groups":[{"id":"x"}]}"#),
        ("POST", "/", #"{"id":"/n","apps":[{"id":"x",\#(GroupTests.app)}],"groups":[{"id":"x","apps":[{"id":"y",\#(GroupTests.app)}]}]}"#),
        ("PUT", "/", #"{"apps":[{"id":"a",\#(GroupTests.app)},{"id":"e",\#(GroupTests.app)}]}"#),
        ("PUT", "/a/b", #"{"apps":[{"id":"x",\#(GroupTests.app)}]}"#)
    ])
    func `a group that would be an app, or stand in one, changes nothing`(_ method: String, _ id: String, _ json: String) {
        for isDry in [false, true] where method == "PUT" || !isDry {
            var world = World(agents: 0)
            world.create(#"{"id":"/a",\#(Self.app)}"#)
            world.request(.createGroup(.root, body(#"{"id":"/e"}"#), force: false))
            let before = (world.disk, world.core.groups, world.core.groupIDs)
            let answer =
                method == "POST"
                ? world.request(.createGroup(PathID(id), body(json), force: true))
                : world.request(.updateGroup(PathID(id), body(json), force: true, isDry: isDry))
            #expect(answer == .refused(.model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))))
            #expect(world.disk == before.0)
            #expect(world.core.groups == before.1 && world.core.groupIDs == before.2)
            #expect(ids(world) == ["/a"])
        }
    }

    @Test func `what goes with the same change leaves its id to others`() {
        var world = World(agents: 0)
        world.create(#"{"id":"/a",\#(Self.app)}"#)
        world.request(.createGroup(.root, body(#"{"id":"/e"}"#), force: false))
        let json = #"{"apps":[{"id":"e",\#(Self.app)}],"groups":[{"id":"a","apps":[{"id":"x",\#(Self.app)}]}]}"#
        world.request(.updateGroup(.root, body(json), force: true, isDry: false))
        #expect(ids(world) == ["/a/x", "/e"])
        #expect(!world.core.groupIDs.contains(PathID("/e")))
    }

    @Test func `the root group is there already`() {
        var world = World(agents: 0)
        #expect(world.request(.createGroup(.root, body("{}"), force: false)) == .refused(.groupExists(.root)))
        #expect(Refusal.groupExists(.root).reason == "Group / is already created. Use PUT to change this group.")
    }

    @Test func `a group that is silent about the groups below keeps them, also empty ones`() {
        var world = World(agents: 0)
        put(&world, "/g", #"{"groups":[{"id":"e"},{"id":"f","groups":[{"id":"h"}]}]}"#)
        put(&world, "/g", #"{"apps":[]}"#)
        #expect(world.core.groupIDs.map(\.description) == ["/g", "/g/e", "/g/f", "/g/f/h"])
        put(&world, "/g", #"{"groups":[{"id":"f"}]}"#)
        #expect(world.core.groupIDs.map(\.description) == ["/g", "/g/f", "/g/f/h"])
        put(&world, "/g", #"{"groups":[]}"#)
        #expect(world.core.groupIDs.map(\.description) == ["/g"])
    }

    @Test func `an app and a group can't have the same id`() {
        var world = World(agents: 0)
        world.create(#"{"id":"/a",\#(Self.app)}"#)
        #expect(world.request(.createGroup(.root, body(#"{"id":"/a"}"#), force: false)) == .refused(.groupIsApp(PathID("/a"))))
        world.request(.createGroup(.root, body(#"{"id":"/g"}"#), force: false))
        let answer = world.create(#"{"id":"/g",\#(Self.app)}"#)
        #expect(answer == .refused(.model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))))
    }
}
