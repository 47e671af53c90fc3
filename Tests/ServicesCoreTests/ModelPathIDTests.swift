import Testing

@testable import ServicesCore

struct ModelPathIDTests {
    @Test(arguments: [
        ("/a/b", "/", "/a/b"),
        ("a/b", "/", "/a/b"),
        ("a", "/g", "/g/a"),
        ("/a", "/g", "/a"),
        ("../x", "/g/h", "/g/x"),
        ("./x/./y", "/g", "/g/x/y"),
        ("../../../x", "/g", "/x"),
        ("//a///b//", "/g", "/a/b"),
        ("", "/g", "/g"),
        ("..", "/g", "/"),
        ("/", "/g", "/")
    ])
    func `an id is resolved against its group`(text: String, base: String, resolved: String) {
        #expect(PathID(text, in: PathID(base)).description == resolved)
    }

    @Test(arguments: ["/a", "/a/b-c/d.e", "/0", "/a1.b-2.c3", "/restart/a", "/versions.x"])
    func `well-formed ids have no violations`(text: String) {
        #expect(PathID(text).violations().isEmpty)
    }

    static let syntax =
        #"must fully match regular expression '^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$'"#
    static let reserved = "must not end with any of the following reserved keywords: restart, tasks, versions, ., .."

    @Test(arguments: [
        ("/A", [syntax]), ("/a_b", [syntax]), ("/-a", [syntax]), ("/a-", [syntax]), ("/a..b", [syntax]), ("/.a", [syntax]), ("/a.", [syntax]),
        ("/a b", [syntax]), ("/é", [syntax]), ("/a/X/b", [syntax]), ("/a/restart", [reserved]), ("/tasks", [reserved]),
        ("/a/versions", [reserved]), ("/", ["Path must contain at least one path element"])
    ])
    func `malformed ids are refused in Marathon's words`(text: String, violations: [String]) {
        #expect(PathID(text).violations() == violations)
    }

    @Test func `an id from which no id of a task could be made is refused`() {
        let longest = "/" + String(repeating: "a", count: 93) + "/" + String(repeating: "b", count: 96)
        let violation = "must not have more than 190 characters, since ids of tasks begin with it"
        #expect(PathID(longest).violations().isEmpty)
        #expect(PathID(longest + "b").violations() == [violation])
        #expect(PathID(longest + "b").syntaxViolations == [violation])
    }

    @Test func `inside a group an id must be a direct child`() {
        #expect(PathID("/g/a").violations(under: PathID("/g")).isEmpty)
        #expect(PathID("/h/a").violations(under: PathID("/g")) == ["Identifier is not child of '/g'"])
        #expect(PathID("/g/h/a").violations(under: PathID("/g")) == ["Identifier is not child of '/g'"])
    }

    @Test func `ids know their surroundings`() {
        let id = PathID("/a/b/c")
        #expect(id.parent == PathID("/a/b"))
        #expect(id.topLevel == PathID("/a"))
        #expect(PathID.root.parent == .root)
        #expect(PathID("/a").isTopLevel && !id.isTopLevel && !PathID.root.isTopLevel)
        #expect(id.isWithin(PathID("/a/b")) && id.isWithin(.root) && id.isWithin(id))
        #expect(!id.isWithin(PathID("/a/b/c/d")) && !id.isWithin(PathID("/b")))
        #expect(id.taskName == "c.b.a")
        #expect(id.safePath == "a_b_c")
        #expect(PathID(safePath: "a_b_c") == id)
        #expect([PathID("/a-b"), PathID("/a/c"), PathID("/a")].sorted() == [PathID("/a"), PathID("/a/c"), PathID("/a-b")])
    }
}
