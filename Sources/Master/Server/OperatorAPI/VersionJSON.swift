import JSON

/// `GET /version`.
enum VersionJSON {
    static func bytes() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        fields(&writer)
        writer.endObject()
        return writer.takeBytes()
    }

    /// `version` is that of the API; `agora_version` is this program's own.
    static func fields(_ writer: inout JSONWriter) {
        writer.key("version")
        writer.string(Version.mesos)
        writer.key("agora_version")
        writer.string(Version.agora)
        writer.key("build_date")
        writer.string("")
        writer.key("build_time")
        writer.double(0)
        writer.key("build_user")
        writer.string("")
    }
}
