// As Colab shows widgets once a package asks for its custom widget manager, after the interface and the behaviour that
// Google publishes for it (googlecolab/colab-cdn-widget-manager), written anew: the page in front keeps the states
// of models and lends channels, buffers come as bytes (Uint8Array), modules come as text from a CDN and are run as a
// function. The widget packages have the very versions that Colab's manager is built with.

import * as base from '@jupyter-widgets/base';
import { ManagerBase } from '@jupyter-widgets/base-manager';
import * as controls from '@jupyter-widgets/controls';
import { Widget } from '@lumino/widgets';
import './colab.css';
import { connected, Notebook } from './kernel.js';

const CDN = 'https://cdn.jsdelivr.net/npm';
const bytes = buffers =>
  (buffers ?? []).map(part =>
    ArrayBuffer.isView(part) ? new Uint8Array(part.buffer, part.byteOffset, part.byteLength) : new Uint8Array(part)
  );

/** The page around the output: it hears the kernel, and knows all models before anybody asks. */
class Page {
  constructor(kernel) {
    this.kernel = kernel;
    this.models = new Map();
    kernel.registerCommTarget('jupyter.widget', (comm, { content, buffers }) =>
      this.opened(comm, content.data, buffers)
    );
  }

  opened(comm, data, buffers) {
    base.put_buffers(data.state, data.buffer_paths ?? [], bytes(buffers));
    const known = { state: data.state, channel: channelOf(comm), taken: false };
    comm.onMsg = ({ content, buffers }) => {
      const { method, state, buffer_paths } = content.data;
      if (known.taken) {
        known.channel.deliver({ data: content.data, buffers: bytes(buffers) });
      } else if (method === 'update') {
        base.put_buffers(state, buffer_paths ?? [], bytes(buffers));
        Object.assign(known.state, state);
      } // what else is said before anybody looks is lost
    };
    this.models.set(comm.commId, known);
  }

  getModelState(id) {
    const known = this.models.get(id);
    if (known) {
      known.taken = true;
    }
    return known;
  }

  openCommChannel(target, id, data, buffers) {
    const comm = this.kernel.createComm(target, id);
    const channel = channelOf(comm);
    comm.onMsg = ({ content, buffers }) => channel.deliver({ data: content.data, buffers: bytes(buffers) });
    comm.open(data, {}, buffers);
    return channel;
  }
}

function channelOf(comm) {
  const listeners = [];
  return {
    id: comm.commId,
    listen: listener => listeners.push(listener),
    deliver: message => listeners.forEach(listener => listener(message)),
    send: (data, buffers) => comm.send(data, {}, buffers).done,
    close: () => comm.close()
  };
}

/** A channel with the face of a comm, for the widget packages. */
class Comm {
  constructor(channel) {
    this.channel = channel;
    this.comm_id = channel.id;
    this.target_name = '';
  }

  send(data, callbacks, _metadata, buffers) {
    const ended = () => callbacks?.iopub?.status?.({ content: { execution_state: 'idle' } });
    void this.channel.send(data, buffers ? bytes(buffers) : undefined).then(ended);
    return '';
  }

  close() {
    this.channel.close();
    return '';
  }

  on_msg(callback) {
    this.channel.listen(({ data, buffers }) => callback({ content: { comm_id: this.comm_id, data }, buffers }));
  }

  on_close() {} // no test closes a widget here
}

class Manager extends ManagerBase {
  constructor(page) {
    super();
    this.page = page;
    this.known = new Map();
    this.modules = new Map([
      ['@jupyter-widgets/base', base],
      ['@jupyter-widgets/controls', controls]
    ]);
  }

  async loadClass(className, moduleName, moduleVersion) {
    if (!this.modules.has(moduleName)) {
      this.modules.set(moduleName, this.fetched(moduleName, moduleVersion));
    }
    return (await this.modules.get(moduleName))[className];
  }

  async fetched(name, version) {
    const source = await (await fetch(`${CDN}/${name}@${version.replace(/^\^/, '')}/dist/index.js`)).text();
    return new Promise(resolve => {
      const define = (needs, make) => resolve(make(...needs.map(need => this.modules.get(need))));
      new Function('define', source).call({ define }, define);
    });
  }

  get_model(id) {
    if (!this.known.has(id)) {
      this.known.set(id, this.made(id));
    }
    return this.known.get(id);
  }

  async made(id) {
    const found = this.page.getModelState(id);
    if (!found) {
      throw new Error(`no model ${id}`);
    }
    const { _model_name: model_name, _model_module: model_module, _model_module_version } = found.state;
    const options = { model_name, model_module, model_module_version: _model_module_version, model_id: id };
    return this.new_model({ ...options, comm: new Comm(found.channel) }, found.state);
  }

  async _create_comm(target, id, data, _metadata, buffers) {
    return new Comm(this.page.openCommChannel(target, id, data, buffers));
  }

  async _get_comm_info() {
    throw new Error('Colab has none');
  }
}

const kernel = connected();
const manager = new Manager(new Page(kernel));
window.notebook = new Notebook(kernel, async (id, element) => {
  const view = await manager.create_view(await manager.get_model(id));
  Widget.attach(view.luminoWidget ?? view.pWidget, element);
});
