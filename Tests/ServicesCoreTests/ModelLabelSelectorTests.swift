import Testing

@testable import ServicesCore

struct ModelLabelSelectorTests {
    private static let labels: Labels = ["env": "prod", "tier": "web", "a b": "x,y", "!": "-"]

    @Test(arguments: [
        ("", true), ("env", true), ("nope", false), ("env==prod", true), (" env == prod ", true), ("env==dev", false), ("env!=dev", true),
        ("env!=prod", false), ("nope!=prod", false), ("env in (dev, prod)", true), ("env in(dev)", false), ("env in ()", false),
        ("env notin (dev)", true), ("env notin (prod,dev)", false), ("nope notin (x)", false), ("env, tier==web", true), ("env,tier==db", false),
        ("a\\ b==x\\,y", true), ("\\! in (\\-,\\&)", true), ("tier in (t1, web), env notin (t1), env", true)
    ])
    func `selectors choose by label`(text: String, isChosen: Bool) throws {
        #expect(try LabelSelector(text).matches(Self.labels) == isChosen)
    }

    @Test(arguments: [
        "=", "env=prod", "env==", "env==a b",
        "env in prod", "env in (prod", "env in (a,)", "env,", ",env", "env prod", "(env)", "env\\"
    ])
    func `other texts are refused`(text: String) {
        do {
            _ = try LabelSelector(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.message.hasPrefix("Can not parse label selector \(text). Reason: "))
        }
    }
}
