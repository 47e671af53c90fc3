package import NIOHTTP1

/// JSON with padding: what lets a web page of another origin read a JSON endpoint (`?jsonp=name`, as Mesos 1.11 offers it).
package enum JSONP {
    /// - Returns: nil if the name isn't a path of JavaScript identifiers (`a.b_c.$d`), of at most 128 characters: it would be run as code.
    package static func wrap(_ json: [UInt8], function: String) -> [UInt8]? {
        guard isFunction(function) else { return nil }
        var script: [UInt8] = []
        script.reserveCapacity(json.count + function.utf8.count + 3)
        script += function.utf8
        script.append(UInt8(ascii: "("))
        script += json
        script += ");".utf8
        return script
    }

    /// The JSON, or the script that a `jsonp` item of the query asks for; 400 for a name that is none.
    package static func reply(to call: Call, _ json: [UInt8], headers: HTTPHeaders = [:]) -> Reply {
        guard let function = call.query["jsonp"], !function.isEmpty else { return .json(.ok, json, headers: headers) }
        guard let script = wrap(json, function: function) else { return .text(.badRequest, "The value of 'jsonp' is not the name of a function") }
        return Reply(.ok, "text/javascript", script, headers: headers)
    }

    private static func isFunction(_ name: String) -> Bool {
        guard (1...128).contains(name.utf8.count) else { return false }
        return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first else { return false }
            return isLetter(first) && part.allSatisfy { isLetter($0) || isDigit($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
