import FrameworkCore
import JSON
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// How definitions are read and written.
struct ModelTests {
    private func definition(_ json: String) throws -> JobDefinition { try JobDefinition(JSONValue(parsing: Array(json.utf8)), defaults: .init()) }

    private func text(_ definition: JobDefinition, _ state: JobDefinition.State? = nil) -> String {
        var writer = JSONWriter()
        definition.write(into: &writer, state: state)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `a job is written in Chronos's order, ours behind it`() throws {
        var state = JobDefinition.State()
        state.schedule = "R/2026-01-01T00:00:00.000Z/PT1H"
        state.nextRun = Timestamp(milliseconds: World.newYear)
        let job = try definition(#"{"name":"j","command":"sleep 1","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        #expect(
            text(job, state)
                == #"{"name":"j","command":"sleep 1","shell":true,"executor":"","executorFlags":"","taskInfoData":"","retries":2,"owner":"","#
                + #""ownerName":"","description":"","successCount":0,"errorCount":0,"lastSuccess":"","lastError":"","cpus":0.1,"disk":256.0,"mem":128.0,"#
                + #""disabled":false,"softError":false,"dataProcessingJobType":false,"errorsSinceLastSuccess":0,"fetch":[],"uris":[],"#
                + #""environmentVariables":[],"arguments":[],"highPriority":false,"runAsUser":"root","concurrent":false,"maxCompletionTime":0,"#
                + #""constraints":[],"schedule":"R/2026-01-01T00:00:00.000Z/PT1H","scheduleTimeZone":"","#
                + #""originalSchedule":"R/2026-01-01T00:00:00Z/PT1H","nextRun":"2026-01-01T00:00:00.000Z"}"#)
    }

    static let full =
        #"{"name":"j","command":"c","shell":false,"arguments":["a",""],"executorFlags":"f","taskInfoData":"t","retries":7,"#
        + #""owner":"o@x,p@x","ownerName":"n","description":"d\"ü","cpus":1.5,"mem":64,"disk":1,"disabled":true,"softError":true,"#
        + #""dataProcessingJobType":true,"fetch":[{"uri":"u","executable":true,"cache":true,"extract":false,"output_file":"x"},{"uri":"v"}],"#
        + #""environmentVariables":[{"name":"A","value":"1"},{"name":"A","value":""}],"highPriority":true,"runAsUser":"me","concurrent":true,"#
        + #""maxCompletionTime":9,"constraints":[["rack","LIKE","r.*"],["hostname","EQUALS","h"]],"scheduleTimeZone":"Europe/Berlin","#
        + #""schedule":"R/2026-01-01T00:00:00Z/PT1H","cron":"0 0 * * *","schedules":["R1/2027-01-01T00:00:00Z/P1D"],"epsilon":"PT1M30S","#
        + #""concurrencyPolicy":"REPLACE","catchUp":"ALL","retryDelaySeconds":1.5,"retryFactor":2.5,"retryDelayLimitSeconds":60,"#
        + #""retryOnExitCodes":[1,75],"unreachableTimeoutSeconds":30,"historyLimit":9,"completions":12,"parallelism":3,"requiredSuccesses":11,"#
        + #""triggerRule":"ONE_SUCCESS","parameters":{"required":["DAY"],"optional":["A","B"],"payload":"FORBIDDEN"}}"#

    @Test func `each member is read, and read back from what is stored`() throws {
        let job = try definition(Self.full)
        #expect(try definition(text(job)) == job)
        #expect(job.fetch.count == 2 && job.fetch[1].isExtracted && job.environment.count == 2 && job.constraints.count == 2)
        #expect(job.options.completions == 12 && job.options.parallelism == 3 && job.options.requiredSuccesses == 11)
        #expect(job.triggerRule == .oneSuccess && job.options.parameters?.required == ["DAY"] && job.options.parameters?.payload == .forbidden)
        #expect(job.options.epsilon?.milliseconds == 90_000 && job.options.retryDelay == 1_500 && job.options.retryCodes == [1, 75])
        #expect(
            job.trigger
                == .schedules(["R/2026-01-01T00:00:00Z/PT1H", "0 0 * * *", "R1/2027-01-01T00:00:00Z/P1D"], zone: "Europe/Berlin"))
        let dependent = try definition(#"{"name":"j","command":"c","parents":["b","a","b"]}"#)
        #expect(dependent.parents == ["b", "a"])
        #expect(try definition(text(dependent)) == dependent)
    }

    @Test func `files that were given as uris are stored as such, unless they have become more`() throws {
        func stored(_ definition: JobDefinition) -> String {
            var writer = JSONWriter()
            definition.write(into: &writer, state: nil, isMirrored: false)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        var job = try definition(#"{"name":"j","uris":["u","v"]}"#)
        #expect(job.isFetchOfURIs && stored(job).contains(#""fetch":[],"uris":["u","v"]"#))
        #expect(try definition(stored(job)) == job)
        #expect(text(job).contains(#""fetch":[{"uri":"u","#) && text(job).contains(#""uris":["u","v"]"#))
        job.fetch[1].isExecutable = true
        #expect(stored(job).contains(#""uris":[]"#))
        #expect(try definition(stored(job)).fetch == job.fetch)
    }

    @Test func `a definition that every run would fail with is read from the store, and refused from a client`() throws {
        let rows = [
            (#"{"environmentVariables":[{"name":"A=B"}]}"#, "environmentVariables: 'A=B' is no name of a variable"),
            (#"{"fetch":[{"uri":"u"},{"uri":""}]}"#, "fetch[1] has no uri"), (#"{"uris":[""]}"#, "uris[0] is empty"),
            (#"{"command":"a\u0000"}"#, "a text has a NUL character in it")
        ]
        for (json, flaw) in rows { #expect(try definition(json).flaw() == flaw) }
        #expect(try definition(Self.full).flaw() == nil)
    }

    @Test func `numbers and flags may be texts, texts may be numbers, null is absent`() throws {
        let job = try definition(
            #"{"name":"j","command":5,"cpus":"0.5","mem":"","retries":"3","disabled":"true","shell":null,"schedule":null,"scheduleTimeZone":null,"#
                + #""maxCompletionTime":1.9,"softError":1,"disk":0,"unknown":{"x":[]},"container":{"type":"DOCKER"}}"#)
        #expect(job.command == "5" && job.cpus == 0.5 && job.mem == 128 && job.retries == 3 && job.isDisabled && job.isShell)
        #expect(job.trigger == .schedules([], zone: "") && job.maxCompletionTime == 1 && job.isSoftError && job.disk == 256)
    }

    @Test(arguments: [
        ("[]", "the body is no JSON object"), (#"{"cpus":"many"}"#, "cpus must be a number"), (#"{"name":{}}"#, "name must be a text"),
        (#"{"disabled":"maybe"}"#, "disabled must be true or false"), (#"{"retries":1e300}"#, "retries must be a number of at most 15 digits"),
        (#"{"arguments":"x"}"#, "arguments must be an array of texts"), (#"{"arguments":[[]]}"#, "arguments must be an array of texts"),
        (#"{"fetch":[1]}"#, "fetch[0] is no object"), (#"{"fetch":[{"uri":[]}]}"#, "fetch[0].uri must be a text"),
        (#"{"environmentVariables":[{"value":"x"}]}"#, "environmentVariables: a variable has no name"),
        (#"{"constraints":[["a","EQUALS"]]}"#, "constraints[0] must be an array of three texts: attribute, operator, value"),
        (#"{"constraints":[["a","IS","b"]]}"#, "constraints[0]: the operator must be EQUALS, LIKE or UNLIKE, not 'IS'"),
        (#"{"constraints":[["a","LIKE","("]]}"#, "constraints[0]: '(' is no regular expression that can be matched in linear time"),
        (#"{"name":"n","uris":["a"],"fetch":[{"uri":"b"}]}"#, "Tried to add both uri (deprecated) and fetch parameters on n"),
        (#"{"container":{"image":"i"}}"#, "container: images are not served yet; the job would run outside of its image 'i'"),
        (#"{"executor":"/e"}"#, "executor: custom executors are not served yet; the job would run without its executor '/e'"),
        (#"{"async":true}"#, "async: jobs whose task's end is not their own are not served"),
        (#"{"concurrencyPolicy":"SOMETIMES"}"#, "concurrencyPolicy must be one of ALLOW, FORBID, REPLACE, QUEUE"),
        (#"{"epsilon":"P1M"}"#, "epsilon must be a period of weeks or less, such as PT5M, not 'P1M'"),
        (#"{"retryFactor":0.5}"#, "retryFactor must be from 1 to 100"), (#"{"retryDelaySeconds":-1}"#, "retryDelaySeconds must be a number from 0"),
        (#"{"retryOnExitCodes":["x"]}"#, "retryOnExitCodes must be an array of whole numbers"),
        (#"{"historyLimit":20000}"#, "historyLimit must be from 0 to 1000"), (#"{"completions":1001}"#, "completions must be from 1 to 1000"),
        (#"{"completions":0}"#, "completions must be from 1 to 1000"), (#"{"parallelism":0}"#, "parallelism must be from 1 to 1000"),
        (#"{"requiredSuccesses":2}"#, "requiredSuccesses must be from 1 to 1"),
        (#"{"completions":5,"requiredSuccesses":6}"#, "requiredSuccesses must be from 1 to 5"),
        (#"{"triggerRule":"NEVER"}"#, "triggerRule must be one of ALL_SUCCESS, ALL_DONE, ONE_SUCCESS"),
        (#"{"parameters":[]}"#, "parameters is no object"), (#"{"parameters":{"required":"A"}}"#, "parameters.required must be an array of texts"),
        (#"{"parameters":{"payload":"MAYBE"}}"#, "parameters.payload must be one of OPTIONAL, REQUIRED, FORBIDDEN"),
        (#"{"parameters":{"optional":["HOST"]}}"#, "parameters: 'HOST' is no name of a variable that can be given")
    ])
    func `what can't be taken is said in one line`(_ json: String, _ message: String) {
        let error = #expect(throws: Rejection.self) { try definition(json) }
        #expect(error?.message == message)
    }

    @Test func `no mutant of a job traps, and what is taken is read back from its own output`() throws {
        var random = SplitMix(seed: 11)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = Array(Self.full.utf8)
            for _ in 0...random.draw(below: 3) {
                let place = Int(random.draw(below: UInt64(bytes.count)))
                switch random.draw(below: 3) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(truncatingIfNeeded: 0x20 + random.draw(below: 0x60))
                default: bytes.insert(UInt8(truncatingIfNeeded: 0x20 + random.draw(below: 0x60)), at: place)
                }
            }
            guard let value = try? JSONValue(parsing: bytes), let job = try? JobDefinition(value, defaults: .init()) else { continue }
            taken += 1
            #expect(try definition(text(job)) == job)
        }
        #expect(taken > 2_000)
    }

    @Test(arguments: [
        ("a.b-c_1", true, true), ("a b#1", false, true), ("", false, false), ("ü", false, false), ("a/b", false, false), ("..", false, false),
        (String(repeating: "x", count: 200), true, true), (String(repeating: "x", count: 201), false, false), ("a\n", false, false),
        ("a:b", false, false)
    ])
    func `names are those of the API's version`(_ name: String, _ three: Bool, _ two: Bool) {
        #expect((JobDefinition.flaw(ofName: name, .three) == nil) == three)
        #expect((JobDefinition.flaw(ofName: name, .two) == nil) == two)
    }

    @Test func `task ids are read as Chronos writes them`() {
        #expect(TaskName("ct:1420843781398:0:test:") == TaskName(due: 1_420_843_781_398, attempt: 0, job: "test", arguments: ""))
        #expect(TaskName("ct:1:2:j:a b:c")?.arguments == "a b:c" && TaskName("ct:1:2:j")?.job == "j")
        #expect(TaskName("ct:1:2:j:i17:a:b") == TaskName(due: 1, attempt: 2, job: "j", index: 17, arguments: "a:b"))
        #expect(TaskName(due: 1, attempt: 2, job: "j", index: 17, arguments: "a:b").text == "ct:1:2:j:i17:a:b")
        for text in ["in:x", "i", "i-1:", "i17"] { #expect(TaskName("ct:1:2:j:" + text)?.arguments == text) }
        for text in ["", "ct", "ct:1:2", "ct:x:2:j:", "xx:1:2:j:", "ct:1:2::", "ct:99999999999999999999:0:j:"] { #expect(TaskName(text) == nil) }
    }

    @Test func `numbers may be texts, and texts numbers`() throws {
        let job = try definition(#"{"name":"j","command":"c","constraints":[["rack","equals",1]],"retryOnExitCodes":["1",75]}"#)
        #expect(job.constraints.count == 1 && job.options.retryCodes == [1, 75])
    }
}
