import JSON
import Testing

@testable import agora

/// What is said of files with jobs.
struct JobValidateTests {
    @Test(
        arguments: [
            (["file": "f", "job": "a", "error": .null, "unknownParents": [], "warnings": []], "f: a: valid"),
            (["file": "f", "job": "", "error": "no", "unknownParents": [], "warnings": []], "f: a job without a name: no"),
            (
                ["file": "f", "job": "a", "error": .null, "unknownParents": ["b", "c"], "warnings": ["x", "y"]],
                "f: a: warning: x\nf: a: warning: y\nf: a: valid, if the cluster has b, c"
            ),
            (["file": "f", "job": .null, "error": .null, "unknownParents": [], "warnings": ["no jobs"]], "f: no jobs"),
            (["file": "f", "job": .null, "error": "f is a folder", "unknownParents": [], "warnings": []], "f is a folder")
        ] as [(JSONValue, String)])
    func `each job has a line, and each warning another one`(line: JSONValue, text: String) {
        #expect(JobCommand.Validate.text(line) == text)
    }

    @Test(
        arguments: [
            ("", "unexpected end of the text at byte 0 (line 1, column 1)"),
            ("{\"é\": x}", "unexpected 'x', expected a value at byte 7 (line 1, column 7)"),
            ("{\n  \"a\": 1\n  \"b\"", "unexpected '\"', expected ',' or '}' at byte 13 (line 3, column 3)"),
            ("[\n", "unexpected end of the text at byte 2 (line 2, column 1)")
        ])
    func `where a text is broken is said by byte, line and column`(text: String, message: String) {
        do throws(ClientError) {
            _ = try parsed(Array(text.utf8), of: "f")
            Issue.record("it is not broken")
        } catch {
            #expect(error.description == "f: " + message)
        }
    }
}
