# Calls a Ruby client of openapi-generator: `ruby clients.rb PLAN`. It prints a line of JSON for each call: its number, with `status`,
# `value` and `typed`, or `raised`, or `missing`.
require 'json'

class Missing < StandardError; end

def plain(name) = name.to_s.downcase.gsub(/[^a-z0-9]/, '')

def as_json(text)
  JSON.parse(text.to_s.empty? ? 'null' : text)
rescue JSON::ParserError
  text
end

# A decoded value as JSON has it, by the names of the wire.
def shown(value)
  case value
  when Array then value.map { |one| shown(one) }
  when Hash then value.transform_values { |one| shown(one) }
  else value.respond_to?(:to_hash) ? shown(value.to_hash) : value.respond_to?(:iso8601) ? value.iso8601 : value
  end
end

# The method of a call, the keys of its options, and the type of each parameter, as its comment says it.
def method_of(package, call, api_client)
  names = call['names'].map { |name| "#{plain(name)}withhttpinfo" }
  package.constants.grep(/Api$/).map { |name| package.const_get(name).new(api_client) }.each do |api|
    found = api.class.instance_methods(false).find { |name| names.include?(plain(name)) } or next
    method = api.method(found)
    before, after = File.read(method.source_location[0]).split(/^    def #{found}\(/, 2)
    comment, code = before[/(^    #[^\n]*\n)+\z/].to_s, after.split(/^    end$/, 2)[0]
    types = comment.scan(/@option opts \[([^\]]+)\] :(\w+)/).to_h(&:reverse)
    types.merge!(comment.scan(/@param (\w+) \[([^\]]+)\]/).to_h)
    return method, code.scan(/opts\[:'(\w+)'\]/).flatten.uniq, types
  end
  raise Missing, 'no function'
end

# The values of a call by the parameters of a method, matched by names without case and signs.
def arguments(method, keys, call)
  given = call['values'].to_h { |one| [plain(one['name']), one['value']] }
  body = call['body']
  every = body && body['media'].include?('form') ? body['value'].transform_keys { |name| plain(name) } : {}
  every = every.merge(given)
  required = method.parameters.map { |_, name| name.to_s } - ['opts']
  known = (required + keys).to_h { |name| [name, plain(name)] }
  lacking = given.keys - known.values
  raise Missing, "#{method.name} has no parameter #{lacking[0]}" if lacking.any?

  left = known.values - call['parameters'].map { |name| plain(name) }
  every[(required.map { |name| plain(name) } & left)[0] || plain(body['model'])] = body['value'] if body && (left & every.keys).empty?
  known.select { |_, key| every.key?(key) }.transform_values { |key| every[key] }
end

def call(package, plan, call)
  configuration = package::Configuration.new do |one|
    one.scheme, one.host = plan['url'].split('://')
    one.base_path, one.ignore_operation_servers = "/#{call['number']}", true
    one.api_key = call['credentials'].to_h { |scheme| [scheme['name'], call['secrets']['apiKey']] }
    one.access_token = call['secrets']['bearer']
    one.username, one.password = call['secrets']['basic'].split(':')
  end
  api_client = package::ApiClient.new(configuration)
  method, keys, types = method_of(package, call, api_client)
  values = arguments(method, keys, call).to_h do |name, value|
    [name, api_client.convert_to_type(JSON.parse(JSON.generate(value), symbolize_names: true), types.fetch(name, 'Object').sub(/\A(String|Integer|Float|Boolean)\z/, 'Object'))]
  end
  required = method.parameters.filter_map { |kind, name| values[name.to_s] if kind == :req }
  options = values.slice(*keys).transform_keys(&:to_sym)
  options[:debug_auth_names] = [] if call['credentials'].empty? # else it sends empty ones
  value, status = method.call(*required, options)
  { status: status, value: shown(value), typed: !(value.nil? || value.is_a?(String) || value.is_a?(Hash)) }
rescue package::ApiError => e
  raise if e.code.to_i.zero?

  { status: e.code, value: as_json(e.response_body), typed: false }
end

plan = JSON.parse(File.read(ARGV[0]))
$LOAD_PATH.unshift("#{plan['out']}/lib")
require File.basename(Dir["#{plan['out']}/lib/*.rb"][0], '.rb')
package = ObjectSpace.each_object(Module).find { |one| one.name && one.const_defined?(:ApiModelBase, false) }
if defined?(Typhoeus) # nothing connects to another service than the mock: generated code may name the real one
  Typhoeus.before { |request| request.base_url.start_with?("#{plan['url']}/") or raise Missing, "it calls another server, #{request.base_url}" }
end
plan['calls'].each do |one|
  result = begin
    call(package, plan, one)
  rescue Missing => e
    { missing: e.message }
  rescue StandardError => e
    { raised: "#{e.class}: #{e.message.split.join(' ')}"[0, 300] }
  end
  puts JSON.generate({ number: one['number'], **result })
end
