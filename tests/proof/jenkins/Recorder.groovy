/** Notes the calls of a block without knowing their meaning. */
class Recorder {
  final List<Entry> entries = []
  private final Closure<Object> property

  Recorder(Closure<Object> property) { this.property = property }

  /** The calls of a block, in order; `property` answers for the names in it. */
  static List<Entry> of(Closure block, Closure<Object> property) {
    def recorder = new Recorder(property)
    Closure copy = block.clone()
    copy.delegate = recorder
    copy.resolveStrategy = Closure.DELEGATE_FIRST
    copy.call()
    return recorder.entries
  }

  def methodMissing(String name, Object args) {
    def script = property.owner instanceof Build ? property.owner.script : null
    if (script?.metaClass?.respondsTo(script, name)) {
      return script.invokeMethod(name, args)
    }
    def entry = new Entry(name: name, args: args as List)
    entries.removeAll { inner -> entry.args.any { it.is(inner) } } // an argument, not a statement
    entries << entry
    return entry
  }

  def propertyMissing(String name) { property.call(name) }
}

class Entry {
  String name
  List args

  Closure getBlock() { args.find { it instanceof Closure } }

  List getValues() { args.findAll { !(it instanceof Closure) } }
}
