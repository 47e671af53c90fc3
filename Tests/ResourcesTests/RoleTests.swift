import Resources
import Testing

struct RoleTests {
    @Test(arguments: ["*", "web", "eng/web", "a/b/c", "über", "a*", "..a", "a-", "a.b"])
    func `a path of names is a role`(_ name: String) {
        #expect(Role.refusal(of: name) == nil)
    }

    @Test(arguments: [
        ("", "Role names cannot be the empty string"),
        ("/", "Role '/' cannot start with a slash"),
        ("/a", "Role '/a' cannot start with a slash"),
        ("a/", "Role 'a/' cannot end with a slash"),
        ("a//b", "Role 'a//b' cannot contain two adjacent slashes"),
        (".", "Role '.' cannot include '.' as a component"),
        ("a/..", "Role 'a/..' cannot include '..' as a component"),
        ("a/*", "Role 'a/*' cannot include '*' as a component"),
        ("a/-b", "Role component '-b' is invalid because it starts with a dash"),
        ("a b", "Role component 'a b' is invalid because it contains backspace or whitespace"),
        ("x/a\u{7f}", "Role component 'a\u{7f}' is invalid because it contains backspace or whitespace"),
        ("a\r\nb", "Role component 'a\r\nb' is invalid because it contains backspace or whitespace")
    ])
    func `a name against a rule is refused with the rule`(_ row: (name: String, text: String)) {
        #expect(Role.refusal(of: row.name)?.description == row.text)
    }

    @Test(arguments: [
        ("eng/web", "eng", true), ("eng/web/a", "eng", true), ("eng", "eng", false), ("england", "eng", false), ("eng", "eng/web", false),
        ("eng/", "eng", true), ("", "", false), ("a", "", false)
    ])
    func `only what lies below a role is a strict subrole`(_ row: (role: String, ancestor: String, expected: Bool)) {
        #expect(Role.isStrictSubrole(row.role, of: row.ancestor) == row.expected)
    }

    @Test func `ancestors are listed from the nearest`() {
        #expect(Role.ancestors(of: "a/b/c") == ["a/b", "a"])
        #expect(Role.ancestors(of: "a").isEmpty)
        #expect(Role.ancestors(of: "*").isEmpty)
    }
}
