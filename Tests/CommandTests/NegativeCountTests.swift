import Testing

@testable import agora

struct NegativeCountTests {
    @Test(
        arguments: [
            (["app", "scale", "one", "-3"], ["app", "scale", "one", "--", "-3"]),
            (["app", "scale", "one", "-3", "--force"], ["app", "scale", "one", "--force", "--", "-3"]),
            (["app", "scale", "one", "3"], ["app", "scale", "one", "3"]), (["app", "scale", "--", "-1"], ["app", "scale", "--", "-1"]),
            (["job", "run", "a", "-3"], ["job", "run", "a", "-3"]), ([], [])
        ] as [([String], [String])])
    func `a negative count of instances is an argument, not an option`(arguments: [String], wanted: [String]) {
        #expect(Agora.withNegativeCount(arguments) == wanted)
    }
}
