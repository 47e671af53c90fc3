import Testing

@testable import ServicesCore

struct ModelNamingTests {
    private static let uuid = "2b1c8f0e-eec5-11eb-9a03-0242ac130003"

    @Test func `instance ids are written and read`() throws {
        let id = InstanceID(PathID("/prod/web.v1"), uuid: Self.uuid)
        #expect(id.description == "prod_web.v1.instance-\(Self.uuid)")
        #expect(id.executorID == "instance-prod_web.v1.\(Self.uuid)")
        #expect(InstanceID(id.description) == id)
        let old = try #require(InstanceID("x.marathon-\(Self.uuid)"))
        #expect(old.runSpec == PathID("/x") && old.description == "x.marathon-\(Self.uuid)")
    }

    @Test(arguments: ["", "x", "x.instance-", "x.instance-1", ".instance-\(uuid)", "x.task-\(uuid)", "x.instance-\(uuid)0", "x.instance-\(uuid).1"])
    func `other texts are no instance ids`(text: String) {
        #expect(InstanceID(text) == nil)
    }

    @Test(
        arguments: [
            ("a_b.instance-\(uuid)._app.1", "/a/b", 1, "a_b.instance-\(uuid)._app.2"),
            ("a.instance-\(uuid)._app.41", "/a", 41, "a.instance-\(uuid)._app.42"),
            ("a.b.instance-\(uuid).web.3", "/a.b", 3, "a.b.instance-\(uuid).web.4"),
            ("a.instance-\(uuid)._app", "/a", nil, "a.instance-\(uuid)._app.1"),
            ("a.instance-\(uuid).web", "/a", nil, "a.instance-\(uuid).web.1"),
            ("a.marathon-\(uuid)_web.2", "/a", 2, "a.marathon-\(uuid)_web.3"),
            ("a_b.\(uuid)", "/a/b", nil, "a_b.\(uuid).1"),
            ("a_b.\(uuid).7", "/a/b", 7, "a_b.\(uuid).8"),
            ("a.b_\(uuid)", "/a.b", nil, "a.b_\(uuid).1"),
            ("instance-\(uuid).\(uuid)", "/instance-\(uuid)", nil, "instance-\(uuid).\(uuid).1")
        ] as [(String, String, Int64?, String)])
    func `task ids of all versions are read, written and counted on`(text: String, runSpec: String, incarnation: Int64?, next: String) throws {
        let id = try #require(TaskID(text))
        #expect(id.description == text)
        #expect(id.runSpec == PathID(runSpec))
        #expect(id.incarnation == incarnation)
        #expect(id.next.description == next)
        #expect(TaskID(next) == id.next)
    }

    @Test func `the task of an app belongs to its instance`() throws {
        let instance = InstanceID(PathID("/a"), uuid: Self.uuid)
        let id = TaskID(instance, incarnation: 1)
        #expect(id.instance == instance && TaskID(id.description) == id)
        #expect(TaskID(instance, container: "web", incarnation: 1).description == "a.instance-\(Self.uuid).web.1")
        #expect(TaskID("a_b.\(Self.uuid)")?.instance == nil)
    }

    @Test(arguments: [
        "", "a", ".", "..", "a.b", "a._app.1", "a.instance-1._app.1", "a.instance-\(uuid)", "a.instance-\(uuid)..1", "\(uuid)", ".\(uuid)",
        "a.instance-\(uuid)._app.9999999999999999999"
    ])
    func `other texts are no task ids`(text: String) {
        #expect(TaskID(text) == nil)
    }

    @Test func `persistence ids are written and read`() throws {
        let id = PersistenceID(runSpec: PathID("/a/b"), containerPath: "data", uuid: Self.uuid)
        #expect(id.description == "a_b#data#\(Self.uuid)")
        #expect(PersistenceID(id.description) == id)
        for text in ["", "a#b", "a##c", "a#b#c#d"] { #expect(PersistenceID(text) == nil) }
    }

    @Test(arguments: [(uuid, true), (uuid.uppercased(), true), (String(uuid.dropLast()), false), ("g" + uuid.dropFirst(), false), ("", false)])
    func `UUIDs have five groups of hexadecimal digits`(text: String, isValid: Bool) {
        #expect(UUIDText.isValid(text) == isValid)
    }
}
